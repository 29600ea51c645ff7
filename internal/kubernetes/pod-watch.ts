/**
 * PodWatch: one reflector of pods with its store, for one target (scope-layout.ts). Adds what nobody else keeps: what is
 * wrong with it at the moment, what a DELETED of it means, and silence after stop().
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { Clock } from '../platform/clock.ts';
import type { ErrorCode } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { KnownPod, KnownPods, PodReading, ReadObserver } from './pod-reading.ts';
import { PodStore, type PodStoreObserver } from './pod-store.ts';
import type { ReflectorState } from './reflector-state.ts';
import {
  silentReflectorObserver,
  type ReflectorLimits,
  type ReflectorObserver,
  type WireChoice,
} from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { podResource } from './resource-pods.ts';
import { isDeletionSure, selectorsOf, type WatchTarget } from './scope-layout.ts';
import { ShardSink } from './scope-shard.ts';
import type { ApiTransport } from './transport.ts';

/** What all pod watches of one cluster share. */
export interface PodWatchParts {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  readonly podObserver?: PodStoreObserver;
  readonly readObserver?: ReadObserver;
  /** False for pods of another shard. */
  readonly isOurs?: (uid: string) => boolean;
  readonly limits?: Partial<ReflectorLimits>;
  readonly wire?: WireChoice;
}

export interface PodWatchEvents {
  change(change: PodChange): void;
  /** A list is whole. */
  synced(): void;
  /** A list or watch failed; it is tried again by itself. */
  failed(code: ErrorCode): void;
}

export interface PodWatchDescription {
  /** '' for all. */
  readonly namespace: string;
  /** Where only pods of one node are watched; '' for those without a node. */
  readonly nodeName?: string;
  readonly state: ReflectorState['kind'];
  readonly isSynced: boolean;
  readonly pods: number;
  /** Ms on the monotonic scale of the server's last sign of life. */
  readonly lastActivityMs: number | undefined;
  /** What is wrong; undefined once it works again. */
  readonly error: ErrorCode | undefined;
}

export class PodWatch {
  readonly target: WatchTarget;
  readonly #reflector: Reflector<PodReading>;
  readonly #store: PodStore;
  #isSynced = false;
  #isStopped = false;
  #error: ErrorCode | undefined;

  constructor(target: WatchTarget, parts: PodWatchParts, events: PodWatchEvents) {
    this.target = target;
    this.#store = new PodStore({
      onChange: (change) => {
        if (!this.#isStopped) events.change(this.#asSure(change));
      },
      onSynced: () => {
        this.#isSynced = true;
        if (!this.#isStopped) events.synced();
      },
      ...(parts.podObserver === undefined ? {} : { observer: parts.podObserver }),
    });
    const { isOurs, logger } = parts;
    const store = this.#store;
    const known: KnownPods = isOurs === undefined ? store : { get: (uid) => store.get(uid), isOurs };
    const { namespace, nodeName } = target;
    this.#reflector = new Reflector({
      ...parts,
      logger: nodeName === undefined ? logger : logger.child({ node: nodeName }),
      selectors: selectorsOf(target),
      resource: podResource(known, namespace, parts.readObserver),
      sink: isOurs === undefined ? store : new ShardSink(store, isOurs),
      observer: this.#observe(parts.observer ?? silentReflectorObserver, events),
    });
  }

  start(): void {
    this.#reflector.start();
  }

  /** No event comes after this is called, whatever is still on its way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reflector.stop();
  }

  /** True once its first list was whole, or while we have no right to it: then nobody need wait for it. */
  get isSettled(): boolean {
    return this.#isSynced || this.#error === 'API_FORBIDDEN';
  }

  /** True once its first list was whole, and from then on. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Facts of the pods there is something to say about. */
  pods(): Iterable<PodFacts> {
    return this.#store.loudPods();
  }

  podsOf(namespace: string): readonly PodFacts[] {
    return this.#store.podsOf(namespace);
  }

  /** What is known of a pod, also of one there is nothing to say about. */
  get(uid: string): KnownPod | undefined {
    return this.#store.get(uid);
  }

  describe(): PodWatchDescription {
    const { state, lastActivityMs } = this.#reflector;
    const { namespace, nodeName } = this.target;
    return {
      namespace,
      ...(nodeName === undefined ? {} : { nodeName }),
      state: state.kind,
      isSynced: this.#isSynced,
      pods: this.#store.size,
      lastActivityMs,
      error: this.#error,
    };
  }

  #asSure(change: PodChange): PodChange {
    return change.type === 'deleted' && !isDeletionSure(this.target) ? { ...change, type: 'left' } : change;
  }

  #observe(observer: ReflectorObserver, events: PodWatchEvents): ReflectorObserver {
    return {
      ...observer,
      watchOpened: () => {
        this.#error = undefined;
        observer.watchOpened();
      },
      failed: (code) => {
        this.#error = code;
        observer.failed(code);
        if (!this.#isStopped) events.failed(code);
      },
    };
  }
}
