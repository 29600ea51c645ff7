/**
 * NodeWatch: the nodes of the cluster, watched only while somebody wants to hear of nodes that are not Ready, and only
 * where rights allow. For an agent that sees the pods of all nodes; with one agent a node the leader has scope-nodes.ts.
 *
 * Promises: no request before `isWanted` says so, which is asked again from time to time as settings change; a right
 * that is missing is said once, and asked for again. Once begun it goes on to the end.
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
import { ResourceStore } from './resource-store.ts';
import type { ApiTransport } from './transport.ts';

export interface NodeWatchOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  readonly limits?: Partial<ReflectorLimits>;
  readonly isWanted: () => boolean;
  readonly change: (change: NodeChange) => void;
}

export type NodeWatchState = 'not-wanted' | 'asking' | 'denied' | 'watching' | 'stopped';

const WANTED_EVERY_MS = 30_000;
const ASK_AGAIN_AT_LAST_MS = 5 * 60_000;

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly #reflector: Reflector<NodeFacts>;
  readonly #stopping = new AbortController();
  #state: NodeWatchState = 'not-wanted';
  #timer: Timer | undefined;
  #isSynced = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    const store = new ResourceStore<NodeFacts>(
      (change) => {
        if (this.#state !== 'stopped') options.change(change);
      },
      () => (this.#isSynced = true),
    );
    this.#reflector = new Reflector({ ...options, resource: nodeResource(), sink: store });
  }

  get state(): NodeWatchState {
    return this.#state;
  }

  /** Everything that will be known of nodes has been told, be it nothing. */
  get isSettled(): boolean {
    return this.#state === 'not-wanted' || this.#state === 'denied' || this.#isSynced;
  }

  start(): void {
    if (this.#state !== 'not-wanted') return;
    const { clock, isWanted } = this.#options;
    if (isWanted()) void this.#begin();
    else this.#timer = clock.setTimer(WANTED_EVERY_MS, () => this.start());
  }

  /** No change comes after this is called. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#timer?.cancel();
    this.#stopping.abort();
    await this.#reflector.stop();
  }

  async #begin(): Promise<void> {
    this.#state = 'asking';
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
    this.#options.logger.warn({ err }, 'nodes that are not Ready are not told of, and each of their pods is');
  }
}
