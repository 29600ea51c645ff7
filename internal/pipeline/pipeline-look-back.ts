/**
 * How far back is told, of what is over: until when somebody told before us, and from when on a first look therefore
 * tells. Keeps these moments for the pipeline; the rule itself is pure (filter-look-back.ts). Times are the wall clock's.
 */
import type { Clock } from '../platform/clock.ts';
import { LOST_LOOK_BACK_MS } from '../platform/limits.ts';
import { earlier, lookBackSinceMs } from './filter-look-back.ts';
import type { PodFacts } from './pod-facts.ts';

type Placed = Pick<PodFacts, 'nodeName'>;

export interface LookBackParts {
  readonly clock: Pick<Clock, 'now'>;
  /** How far back an initial sync tells of what is over. */
  readonly lookBackMs: number;
  /** Pods that this process alone tells of; none where absent. */
  readonly isOurs?: (pod: Placed) => boolean;
  /** Whether rows of the outbox are lost that nobody has looked for yet. */
  readonly isLossDue: () => boolean;
}

export class LookBack {
  readonly #parts: LookBackParts;
  /** Until when somebody told before us; undefined if unknown, or once the whole scope has been seen. */
  #watchedUntilMs: number | undefined;
  /** The same of pods that nobody else tells of: until when we did. */
  #notedUntilMs: number | undefined;
  #isHandingOn = false;

  constructor(parts: LookBackParts) {
    this.#parts = parts;
  }

  /** An agent with this outbox noted that it watched until then. */
  noted(untilMs: number | undefined): void {
    this.#watchedUntilMs = this.#notedUntilMs = untilMs;
  }

  /** Before the first sync is done another led until then; undefined where nobody knows. */
  led(untilMs: number | undefined): void {
    this.#watchedUntilMs = untilMs ?? this.#watchedUntilMs;
  }

  /** The whole scope has been seen. */
  synced(): void {
    this.#watchedUntilMs = this.#notedUntilMs = undefined;
  }

  /** Until when this pod was told of. */
  untilMs(pod: Placed): number | undefined {
    return this.#parts.isOurs?.(pod) === true ? this.#notedUntilMs : this.#watchedUntilMs;
  }

  /** From when on a first look tells of what is over: further back while lost rows are to be looked for. */
  sinceMs(watchedUntilMs: number | undefined): number {
    const { clock, lookBackMs, isLossDue } = this.#parts;
    const nowMs = clock.now();
    const lostSinceMs = isLossDue() ? nowMs - LOST_LOOK_BACK_MS : undefined;
    return lookBackSinceMs(nowMs, lookBackMs, earlier(watchedUntilMs, lostSinceMs));
  }

  /** Runs `look`, to which everybody was told of until `sinceMs`. */
  during(sinceMs: number | undefined, look: () => void): void {
    const before = [this.#watchedUntilMs, this.#notedUntilMs] as const;
    this.noted(sinceMs);
    this.handOn(look);
    [this.#watchedUntilMs, this.#notedUntilMs] = before;
  }

  /** Runs what hands on many, one after the other: before the last of them has been, no append is all there is. */
  handOn(all: () => void): void {
    const before = this.#isHandingOn;
    this.#isHandingOn = true;
    all();
    this.#isHandingOn = before;
  }

  get isHandingOn(): boolean {
    return this.#isHandingOn;
  }
}
