/**
 * Watchdog: calls once if nothing touched it for a while. Touching is cheap (no timer is set anew), as it happens with
 * every chunk of a stream.
 */
import type { Clock, Timer } from '../platform/clock.ts';

export class Watchdog {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #onLate: () => void;
  #touchedMs: number;
  #timer: Timer;

  /** Runs from now on. `onLate` is called once, after `deadlineMs` without a touch. */
  constructor(clock: Clock, deadlineMs: number, onLate: () => void) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#onLate = onLate;
    this.#touchedMs = clock.monotonicMs();
    this.#timer = clock.setTimer(deadlineMs, () => this.#look());
  }

  touch(): void {
    this.#touchedMs = this.#clock.monotonicMs();
  }

  /** It won't call any more. Twice is harmless. */
  stop(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const leftMs = this.#touchedMs + this.#deadlineMs - this.#clock.monotonicMs();
    if (leftMs <= 0) this.#onLate();
    else this.#timer = this.#clock.setTimer(leftMs, () => this.#look());
  }
}
