/**
 * A clock that stands still until somebody moves it: for tests, and for telling a recording again in its own time.
 * Timers fire in order of their due time while `advance` passes over them, and promises settle in between, so that what
 * a timer started is seen before the next one fires.
 */
import type { Clock, Timer } from './clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly action: () => void;
}

export class DrivenClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  setTimer(delayMs: number, action: () => void): Timer {
    const pending = { dueMs: this.#monotonicMs + Math.max(0, delayMs || 0), order: this.#order++, action };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Number of timers not yet fired or cancelled. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Moves both scales forward by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      this.#move(Math.max(0, next.dueMs - this.#monotonicMs));
      this.#pending.delete(next);
      next.action();
      await settle();
    }
    this.#move(untilMs - this.#monotonicMs);
    await settle();
  }

  /** Sets the wall clock alone, as an operator or NTP would: the monotonic scale and the timers don't notice. */
  jumpWallClock(ms: number): void {
    this.#wallMs += ms;
  }

  #move(ms: number): void {
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }

  #nextDue(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.dueMs > untilMs) continue;
      if (first === undefined || pending.dueMs - first.dueMs < 0) first = pending;
      else if (pending.dueMs === first.dueMs && pending.order < first.order) first = pending;
    }
    return first;
  }
}

/** Lets everything that is already resolved run its course: microtasks, and one turn of the event loop for I/O callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
