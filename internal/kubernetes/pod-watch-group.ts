/**
 * PodWatchGroup: the pod watches that together bring one set of pods, each pod once. Where another layout takes the
 * place of the old one, the new watches list in silence while the old ones go on; then the new ones take over, and what
 * differs between the two is told as a relist would tell it. So nothing is lost and nothing comes in the wrong order.
 *
 * Doesn't wait for ever: watches that have not listed after `HANDOVER_MS` begin anew, as if nothing had been before.
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { Timer } from '../platform/clock.ts';
import type { ErrorCode } from '../platform/errors.ts';
import { handover } from './pod-watch-handover.ts';
import { PodWatchSet } from './pod-watch-set.ts';
import { PodWatch, type PodWatchDescription, type PodWatchParts } from './pod-watch.ts';
import type { WatchLayout, WatchTarget } from './scope-layout.ts';

export interface PodWatchGroupEvents {
  change(change: PodChange): void;
  /** Look again whether all is synced. `hasSeenAnew`: a list has become whole. */
  progressed(hasSeenAnew: boolean): void;
  /** A list or watch failed; it is tried again by itself. */
  failed(code: ErrorCode): void;
}

export interface PodWatchGroupOptions {
  readonly parts: PodWatchParts;
  /** Whether changes of the pod are told. */
  readonly accepts: (pod: PodFacts) => boolean;
  readonly events: PodWatchGroupEvents;
}

const HANDOVER_MS = 10_000;

export class PodWatchGroup {
  readonly #options: PodWatchGroupOptions;
  readonly #ending = new Set<Promise<void>>();
  /** Whose changes are told. */
  #telling: PodWatchSet | undefined;
  /** What is to take its place, and when at the latest. */
  #filling: { readonly set: PodWatchSet; readonly deadline: Timer } | undefined;
  #isStopped = false;

  constructor(options: PodWatchGroupOptions) {
    this.#options = options;
  }

  /** Watches by this layout from now on. */
  arrange(layout: WatchLayout): void {
    if (this.#isStopped) return;
    if (this.#filling?.set.kind !== layout.kind) this.#endFilling();
    if (this.#telling === undefined || this.#telling.kind === layout.kind) {
      this.#telling ??= this.#newSet(layout.kind);
      this.#telling.arrange(layout);
    } else {
      this.#filling ??= this.#beginFilling(layout.kind);
      this.#filling.set.arrange(layout);
    }
    this.#progressed(false);
  }

  /** No event comes after this is called. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endFilling();
    this.#telling?.end();
    await Promise.all(this.#ending);
  }

  get isSettled(): boolean {
    return this.#telling?.isSettled ?? false;
  }

  knows(uid: string): boolean {
    return this.#telling?.get(uid) !== undefined;
  }

  /** Facts of one of the pods below. */
  pod(uid: string): PodFacts | undefined {
    const facts = this.#telling?.get(uid)?.facts;
    return facts !== undefined && this.#options.accepts(facts) ? facts : undefined;
  }

  /** Facts of the pods that changes are told of. */
  *pods(): Generator<PodFacts> {
    for (const pod of this.#telling?.pods() ?? []) if (this.#options.accepts(pod)) yield pod;
  }

  *podsOf(namespace: string): Generator<PodFacts> {
    for (const pod of this.#telling?.podsOf(namespace) ?? []) if (this.#options.accepts(pod)) yield pod;
  }

  describe(): PodWatchDescription[] {
    return [...(this.#telling?.watches() ?? [])].map((watch) => watch.describe());
  }

  #newSet(kind: string): PodWatchSet {
    const set: PodWatchSet = new PodWatchSet(kind, {
      begin: (target) => this.#begin(target, () => set === this.#telling),
      end: (watch) => {
        const ended = watch.stop().finally(() => this.#ending.delete(ended));
        this.#ending.add(ended);
      },
    });
    return set;
  }

  #begin(target: WatchTarget, isTelling: () => boolean): PodWatch {
    const { parts, events } = this.#options;
    const watch = new PodWatch(target, parts, {
      change: (change) => {
        if (isTelling()) this.#tell(change);
      },
      synced: () => this.#progressed(isTelling()),
      failed: (code) => {
        events.failed(code);
        this.#progressed(false);
      },
    });
    watch.start();
    return watch;
  }

  /** What was told and is no longer to be told has left; what another watch here brings has not. */
  #tell(change: PodChange): void {
    const { accepts, events } = this.#options;
    if (change.type === 'left' && this.knows(change.pod.uid)) return;
    if (accepts(change.pod)) events.change(change);
    else if (change.before !== undefined && accepts(change.before)) events.change({ ...change, type: 'left' });
  }

  #beginFilling(kind: string): { set: PodWatchSet; deadline: Timer } {
    const deadline = this.#options.parts.clock.setTimer(HANDOVER_MS, () => this.#handOver());
    return { set: this.#newSet(kind), deadline };
  }

  #endFilling(): void {
    this.#filling?.deadline.cancel();
    this.#filling?.set.end();
    this.#filling = undefined;
  }

  #progressed(hasSeenAnew: boolean): void {
    if (this.#isStopped) return;
    if (this.#filling?.set.isSettled === true) this.#handOver();
    else this.#options.events.progressed(hasSeenAnew);
  }

  #handOver(): void {
    if (this.#filling === undefined || this.#telling === undefined) return;
    const { set, deadline } = this.#filling;
    const old = this.#telling;
    deadline.cancel();
    this.#filling = undefined;
    this.#telling = set;
    for (const change of handover(old, set)) this.#tell(change);
    old.end();
    this.#options.events.progressed(true);
  }
}
