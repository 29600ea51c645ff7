/**
 * Nodes, watched from the moment rights allow it. What a node means to who asks is theirs: scope-nodes.ts and
 * node-watch.ts. A right that is missing is said once, and asked for again.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { waitForAccess } from './access-wait.ts';
import type { ReflectorLimits, ReflectorObserver } from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { nodeResource, type NodeFacts } from './resource-nodes.ts';
import { ResourceStore, type ResourceChange } from './resource-store.ts';
import type { ApiTransport } from './transport.ts';

/** Whoever watches nodes is given these. */
export interface NodesParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  readonly limits?: Partial<ReflectorLimits>;
}

export interface NodesOptions extends NodesParts {
  /** The longest pause between two questions for the right. */
  readonly askAgainAtLastMs: number;
  /** What follows from not being allowed, for the log. */
  readonly without: string;
  /** Not called after `stop`. */
  readonly change: (change: ResourceChange<NodeFacts>) => void;
  /** The first list is whole, and each one after it. Not called after `stop`. */
  readonly synced: () => void;
}

export type NodesState = 'asking' | 'denied' | 'watching' | 'stopped';

export class NodesWhenAllowed {
  readonly #options: NodesOptions;
  readonly #reflector: Reflector<NodeFacts>;
  readonly #stopping = new AbortController();
  #state: NodesState = 'asking';

  constructor(options: NodesOptions) {
    this.#options = options;
    const store = new ResourceStore<NodeFacts>(
      (change) => {
        if (this.#state !== 'stopped') options.change(change);
      },
      () => {
        if (this.#state !== 'stopped') options.synced();
      },
    );
    this.#reflector = new Reflector({ ...options, resource: nodeResource(), sink: store });
  }

  get state(): NodesState {
    return this.#state;
  }

  /** On the monotonic scale; undefined before the first answer. */
  get lastActivityMs(): number | undefined {
    return this.#reflector.lastActivityMs;
  }

  async start(): Promise<void> {
    const { askAgainAtLastMs: atLastMs } = this.#options;
    const isAllowed = await waitForAccess({
      ...this.#options,
      signal: this.#stopping.signal,
      verbs: ['list', 'watch'],
      about: { resource: 'nodes', group: '' },
      atLastMs,
      onDenied: () => this.#denied(),
    });
    if (!isAllowed) return;
    this.#state = 'watching';
    this.#reflector.start();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#stopping.abort();
    await this.#reflector.stop();
  }

  #denied(): void {
    this.#state = 'denied';
    const { logger, without } = this.#options;
    logger.warn({ err: new CodedError('API_FORBIDDEN', 'list and watch nodes') }, without);
  }
}
