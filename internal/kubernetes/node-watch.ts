/**
 * NodeWatch: the nodes of the cluster, watched only while somebody wants to hear of nodes that are not Ready, and only
 * where rights allow. For an agent that sees the pods of all nodes; with one agent a node the leader has scope-nodes.ts.
 *
 * Promises: no request before `isWanted` says so, which is asked again from time to time as settings change; a right
 * that is missing is said once, and asked for again. Once begun it goes on to the end.
 */
import type { NodeChange } from '../pipeline/node-facts.ts';
import type { Timer } from '../platform/clock.ts';
import { NodesWhenAllowed, type NodesParts, type NodesState } from './nodes-when-allowed.ts';

export interface NodeWatchOptions extends NodesParts {
  readonly isWanted: () => boolean;
  readonly change: (change: NodeChange) => void;
}

export type NodeWatchState = 'not-wanted' | NodesState;

const WANTED_EVERY_MS = 30_000;
const ASK_AGAIN_AT_LAST_MS = 5 * 60_000;

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly #nodes: NodesWhenAllowed;
  #hasBegun = false;
  #timer: Timer | undefined;
  #isSynced = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    this.#nodes = new NodesWhenAllowed({
      ...options,
      askAgainAtLastMs: ASK_AGAIN_AT_LAST_MS,
      without: 'nodes that are not Ready are not told of, and each of their pods is',
      synced: () => (this.#isSynced = true),
    });
  }

  get state(): NodeWatchState {
    const { state } = this.#nodes;
    return this.#hasBegun || state === 'stopped' ? state : 'not-wanted';
  }

  /** When the API server was last heard from, on the monotonic scale; undefined where nothing is watched. */
  get lastActivityMs(): number | undefined {
    return this.state === 'watching' ? this.#nodes.lastActivityMs : undefined;
  }

  /** Everything that will be known of nodes has been told, be it nothing. */
  get isSettled(): boolean {
    return this.state === 'not-wanted' || this.state === 'denied' || this.#isSynced;
  }

  start(): void {
    if (this.state !== 'not-wanted') return;
    const { clock, isWanted } = this.#options;
    this.#hasBegun = isWanted();
    if (this.#hasBegun) void this.#nodes.start();
    else this.#timer = clock.setTimer(WANTED_EVERY_MS, () => this.start());
  }

  /** No change comes after this is called. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#nodes.stop();
  }
}
