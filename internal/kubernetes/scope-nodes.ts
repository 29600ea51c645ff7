/**
 * The nodes whose own agent can't be trusted to tell of their pods, as they come and go: nodes that are not Ready, and
 * for a while those that were deleted, whose pods outlive them until they are collected. For the leader of a DaemonSet's
 * agents, from the beginning of its term to the end. Keeps of each node its name, its uid and whether it is Ready.
 */
import type { NodeChange } from '../pipeline/node-facts.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { waitForAccess } from './access-wait.ts';
import type { ReflectorLimits, ReflectorObserver } from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { nodeResource, type NodeFacts } from './resource-nodes.ts';
import { ResourceStore, type ResourceChange } from './resource-store.ts';
import type { ApiTransport } from './transport.ts';

export interface ScopeNodesOptions {
  /** Our own, which we tell of anyway. */
  readonly ownNode: string;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  readonly limits?: Partial<ReflectorLimits>;
  /** The set has changed; called once the first list is whole, and then for each change. Synchronous. */
  readonly changed: (nodes: ReadonlySet<string>) => void;
  /** Each change of any node, our own among them; called before `changed`. */
  readonly node?: (change: NodeChange) => void;
}

export type ScopeNodesState = 'asking' | 'denied' | 'watching' | 'stopped';

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
  readonly #reflector: Reflector<NodeFacts>;
  readonly #stopping = new AbortController();
  #state: ScopeNodesState = 'asking';
  #isSynced = false;

  constructor(options: ScopeNodesOptions) {
    this.#options = options;
    const store = new ResourceStore<NodeFacts>(
      (change) => this.#take(change),
      () => this.#synced(),
    );
    this.#reflector = new Reflector({ ...options, resource: nodeResource(), sink: store });
  }

  get state(): ScopeNodesState {
    return this.#state;
  }

  start(): void {
    void this.#begin();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#stopping.abort();
    for (const timer of this.#gone.values()) timer.cancel();
    await this.#reflector.stop();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#stopping;
    const isAllowed = await waitForAccess({
      ...this.#options,
      signal,
      verbs: ['list', 'watch'],
      about: { resource: 'nodes', group: '' },
      atLastMs: ASK_AGAIN_AT_LAST_MS,
      onDenied: () => this.#denied(),
    });
    if (!isAllowed) return;
    this.#state = 'watching';
    this.#reflector.start();
  }

  #denied(): void {
    this.#state = 'denied';
    const err = new CodedError('API_FORBIDDEN', 'list and watch nodes');
    this.#options.logger.warn(
      { err },
      'pods of nodes that are not Ready are told by the agents there alone, if at all',
    );
  }

  #take(change: ResourceChange<NodeFacts>): void {
    if (this.#state === 'stopped') return;
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
    if (this.#isSynced || this.#state === 'stopped') return;
    this.#isSynced = true;
    this.#options.changed(this.#nodes);
  }
}
