/**
 * What the drain remembers of batches that failed: how often, and whether another event got through meanwhile. That
 * tells an event the plane can't take from a plane that takes nothing. Kept in memory: after a restart the evidence is
 * gathered anew, which costs a few attempts and quarantines nothing too early.
 */
import type { BatchFacts } from './drain-verdict.ts';

interface Suspicion {
  readonly failures: number;
  readonly attempts: number;
  /** How many batches had been accepted when the first attempt that speaks against this one had failed. */
  readonly acceptedBefore: number | undefined;
}

const CLEAN: Suspicion = { failures: 0, attempts: 0, acceptedBefore: undefined };

export class DrainSuspects {
  readonly #suspicions = new Map<string, Suspicion>();
  /** Events under suspicion that are alone in their batches. */
  readonly #alone = new Set<string>();
  #accepted = 0;

  accepted(batchId: string): void {
    this.#accepted += 1;
    this.settled(batchId);
  }

  settled(batchId: string): void {
    this.#suspicions.delete(batchId);
    this.#alone.delete(batchId);
  }

  /** An event alone in its batch is kept, and others may go before it. */
  keptAlone(batchId: string): void {
    this.#alone.add(batchId);
  }

  get alone(): ReadonlySet<string> {
    return this.#alone;
  }

  /**
   * What is known of a batch of which an attempt has just failed. What got through before its first failure proves
   * nothing, even if both were in flight together: the plane may have broken in between.
   */
  factsOf(batchId: string): Pick<BatchFacts, 'failures' | 'attempts' | 'othersGotThrough'> {
    const { failures, attempts, acceptedBefore } = this.#suspicions.get(batchId) ?? CLEAN;
    return { failures, attempts, othersGotThrough: this.#accepted > (acceptedBefore ?? this.#accepted) };
  }

  /** Counts that failure. `isItsOwn`: it speaks against the batch, and not against the way to the plane. */
  failed(batchId: string, isItsOwn: boolean): void {
    const known = this.#suspicions.get(batchId) ?? CLEAN;
    const attempts = known.attempts + 1;
    if (!isItsOwn) this.#suspicions.set(batchId, { ...known, attempts });
    else {
      const acceptedBefore = known.acceptedBefore ?? this.#accepted;
      this.#suspicions.set(batchId, { failures: known.failures + 1, attempts, acceptedBefore });
    }
  }

  /**
   * The halves inherit the suspicion, so that what is to blame is found in few steps. One that is alone begins its count
   * anew: before it is quarantined it must have failed by itself as often as a batch before it is halved.
   */
  split(batchId: string, halves: readonly { readonly batchId: string; readonly events: number }[]): void {
    const known = this.#suspicions.get(batchId) ?? CLEAN;
    this.settled(batchId);
    for (const { batchId: half, events } of halves) {
      this.#suspicions.set(half, { ...known, failures: events > 1 ? known.failures : 0, attempts: 0 });
    }
  }
}
