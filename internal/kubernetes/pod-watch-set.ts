/**
 * PodWatchSet: the pod watches of one layout, begun and ended as its targets come and go.
 */
import type { PodFacts } from '../pipeline/pod-facts.ts';
import type { KnownPod } from './pod-reading.ts';
import type { PodWatch } from './pod-watch.ts';
import { brings, type WatchLayout, type WatchTarget } from './scope-layout.ts';

export interface PodWatchSetOptions {
  /** Makes the watch of a target and starts it. */
  readonly begin: (target: WatchTarget) => PodWatch;
  readonly end: (watch: PodWatch) => void;
}

export class PodWatchSet {
  /** Of the layout. */
  readonly kind: string;
  readonly #options: PodWatchSetOptions;
  readonly #watches = new Map<string, PodWatch>();

  constructor(kind: string, options: PodWatchSetOptions) {
    this.kind = kind;
    this.#options = options;
  }

  /** Begins and ends watches until they are those of the layout. */
  arrange({ targets }: WatchLayout): void {
    for (const [key, watch] of this.#watches) {
      if (targets.has(key)) continue;
      this.#watches.delete(key);
      this.#options.end(watch);
    }
    for (const [key, target] of targets) {
      if (!this.#watches.has(key)) this.#watches.set(key, this.#options.begin(target));
    }
  }

  end(): void {
    for (const watch of this.#watches.values()) this.#options.end(watch);
    this.#watches.clear();
  }

  watches(): Iterable<PodWatch> {
    return this.#watches.values();
  }

  /** True once all first lists are whole, but for those we have no right to. */
  get isSettled(): boolean {
    for (const watch of this.#watches.values()) if (!watch.isSettled) return false;
    return true;
  }

  /** The synced watch that would bring the pod. */
  watchOf(pod: PodFacts): PodWatch | undefined {
    for (const watch of this.#watches.values()) if (watch.isSynced && brings(watch.target, pod)) return watch;
    return undefined;
  }

  /** What is known of a pod, whichever watch brought it. */
  get(uid: string): KnownPod | undefined {
    for (const watch of this.#watches.values()) {
      const known = watch.get(uid);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  /** Facts of the pods there is something to say about. */
  *pods(): Generator<PodFacts> {
    for (const watch of this.#watches.values()) yield* watch.pods();
  }

  *podsOf(namespace: string): Generator<PodFacts> {
    for (const watch of this.#watches.values()) yield* watch.podsOf(namespace);
  }
}
