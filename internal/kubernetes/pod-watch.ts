/**
 * PodWatch: one reflector of pods with its store, of one namespace or of all. Adds what nobody else keeps: what is wrong
 * with it at the moment, and silence after stop().
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { Clock } from '../platform/clock.ts';
import type { ErrorCode } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { PodReading, ReadObserver } from './pod-reading.ts';
import { PodStore, type PodStoreObserver } from './pod-store.ts';
import type { ReflectorState } from './reflector-state.ts';
import {
  silentReflectorObserver,
  type ReflectorLimits,
  type ReflectorObserver,
  type Selectors,
} from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { podResource } from './resource-pods.ts';
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
  readonly selectors?: Selectors;
  readonly limits?: Partial<ReflectorLimits>;
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
  readonly state: ReflectorState['kind'];
  readonly isSynced: boolean;
  readonly pods: number;
  /** Ms on the monotonic scale of the server's last sign of life. */
  readonly lastActivityMs: number | undefined;
  /** What is wrong; undefined once it works again. */
  readonly error: ErrorCode | undefined;
}

export class PodWatch {
  readonly namespace: string;
  readonly #reflector: Reflector<PodReading>;
  readonly #store: PodStore;
  #isSynced = false;
  #isStopped = false;
  #error: ErrorCode | undefined;

  constructor(namespace: string, parts: PodWatchParts, events: PodWatchEvents) {
    this.namespace = namespace;
    this.#store = new PodStore({
      onChange: (change) => {
        if (!this.#isStopped) events.change(change);
      },
      onSynced: () => {
        this.#isSynced = true;
        if (!this.#isStopped) events.synced();
      },
      ...(parts.podObserver === undefined ? {} : { observer: parts.podObserver }),
    });
    this.#reflector = new Reflector({
      ...parts,
      resource: podResource(this.#store, namespace, parts.readObserver),
      sink: this.#store,
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

  /** Facts of the pods there is something to say about. */
  pods(): Iterable<PodFacts> {
    return this.#store.loudPods();
  }

  podsOf(namespace: string): readonly PodFacts[] {
    return this.#store.podsOf(namespace);
  }

  describe(): PodWatchDescription {
    const { state, lastActivityMs } = this.#reflector;
    return {
      namespace: this.namespace,
      state: state.kind,
      isSynced: this.#isSynced,
      pods: this.#store.size,
      lastActivityMs,
      error: this.#error,
    };
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
