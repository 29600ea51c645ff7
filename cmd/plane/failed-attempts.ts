/**
 * How often each call failed in this process, so that one that always fails is ended by us, with a dead letter, and not by
 * Restate, which can only kill it. Counts are of this process alone: a call at which the process itself dies each time is
 * killed by Restate (handler-options.ts), and its agent hears of that.
 */

/** Calls counted at once; of more than these the oldest are counted anew. */
const MOST_CALLS = 10_000;

export class FailedAttempts {
  readonly #failures = new Map<string, number>();

  /** Counts a failure and says how many it makes. */
  add(call: string): number {
    const failures = (this.#failures.get(call) ?? 0) + 1;
    this.#failures.set(call, failures);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_CALLS && oldest !== undefined) this.#failures.delete(oldest);
    return failures;
  }

  /** The call is over. */
  forget(call: string): void {
    this.#failures.delete(call);
  }
}
