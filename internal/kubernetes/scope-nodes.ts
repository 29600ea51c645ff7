/**
 * The nodes whose own agent can't be trusted to tell of their pods, as they come and go: nodes that are not Ready, and
 * for a while those that were deleted, whose pods outlive them until they are collected. For the leader of a DaemonSet's
 * agents, from the beginning of its term to the end. Keeps of each node its name, its uid and whether it is Ready.
 */
import type { NodeChange } from '../pipeline/node-facts.ts';
import type { Timer } from '../platform/clock.ts';
import { NodesWhenAllowed, type NodesParts, type NodesState } from './nodes-when-allowed.ts';
import type { NodeFacts } from './resource-nodes.ts';
import type { ResourceChange } from './resource-store.ts';

export interface ScopeNodesOptions extends NodesParts {
  /** Our own, which we tell of anyway. */
  readonly ownNode: string;
  /** The set has changed; called once the first list is whole, and then for each change. Synchronous. */
  readonly changed: (nodes: ReadonlySet<string>) => void;
  /** Each change of any node, our own among them; called before `changed`. */
  readonly node?: (change: NodeChange) => void;
}

const ASK_AGAIN_AT_LAST_MS = 60_000;

/** How long the pods of a deleted node are looked after: its pods are collected after a minute or so (PodGC). */
const GONE_NODE_MS = 5 * 60_000;

export class ScopeNodes {
  readonly #options: ScopeNodesOptions;
  readonly #nodes = new Set<string>();
  /** The store knows uids; a name belongs to the last uid that came under it. */
  readonly #uids = new Map<string, string>();
  /** By name, deleted nodes that are still looked after. */
  readonly #gone = new Map<string, Timer>();
  readonly #watch: NodesWhenAllowed;
  #isSynced = false;

  constructor(options: ScopeNodesOptions) {
    this.#options = options;
    this.#watch = new NodesWhenAllowed({
      ...options,
      askAgainAtLastMs: ASK_AGAIN_AT_LAST_MS,
      without: 'pods of nodes that are not Ready are told by the agents there alone, if at all',
      change: (change) => this.#take(change),
      synced: () => this.#synced(),
    });
  }

  get state(): NodesState {
    return this.#watch.state;
  }

  start(): void {
    void this.#watch.start();
  }

  async stop(): Promise<void> {
    for (const timer of this.#gone.values()) timer.cancel();
    await this.#watch.stop();
  }

  #take(change: ResourceChange<NodeFacts>): void {
    this.#options.node?.(change);
    const { type, item } = change;
    const { uid, name, isReady } = item;
    if (type !== 'deleted') this.#uids.set(name, uid);
    // A list that finds a node made anew tells of the new one first.
    else if (this.#uids.get(name) !== uid) return;
    else this.#uids.delete(name);
    if (type === 'deleted') this.#lookAfter(name);
    else this.#forget(name);
    const isTrusted = name === this.#options.ownNode || (isReady && type !== 'deleted');
    const isNew = isTrusted ? this.#nodes.delete(name) : !this.#nodes.has(name);
    if (!isTrusted) this.#nodes.add(name);
    if (isNew && this.#isSynced) this.#options.changed(this.#nodes);
  }

  #lookAfter(name: string): void {
    this.#forget(name);
    const timer = this.#options.clock.setTimer(GONE_NODE_MS, () => {
      this.#gone.delete(name);
      this.#nodes.delete(name);
      this.#options.changed(this.#nodes);
    });
    this.#gone.set(name, timer);
  }

  #forget(name: string): void {
    this.#gone.get(name)?.cancel();
    this.#gone.delete(name);
  }

  #synced(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#options.changed(this.#nodes);
  }
}
