/**
 * What the drain remembers of batches that failed: how often, and whether another event got through meanwhile. That
 * tells an event the plane can't take from a plane that takes nothing. Kept in memory: after a restart the evidence is
 * gathered anew, which costs a few attempts and quarantines nothing too early.
 */
import type { BatchFacts, blameOf } from './drain-verdict.ts';

interface Suspicion {
  readonly failures: number;
  readonly attempts: number;
  readonly mayBeDone: boolean;
  readonly losses: number;
  /** How much the plane had answered, events or else, when the first of these had happened. */
  readonly answeredBeforeLoss: number | undefined;
  /** How many batches had been accepted when the first attempt that speaks against this one had failed. */
  readonly acceptedBefore: number | undefined;
  readonly refusals: number;
  /** The same when it had first been refused, maybe for its words, and when the batch it is part of had. */
  readonly acceptedBeforeRefusal: number | undefined;
  readonly acceptedBeforeAnyRefusal: number | undefined;
}

/** Enough to find one that gets through, and little enough to be frozen while nothing does. */
const MOST_ASIDE = 64;

const NEVER_REFUSED = { refusals: 0, acceptedBeforeRefusal: undefined };
const NEVER_LOST = { losses: 0, answeredBeforeLoss: undefined };
const CLEAN: Suspicion = {
  ...{ failures: 0, attempts: 0, mayBeDone: false, acceptedBefore: undefined },
  ...{ ...NEVER_LOST, ...NEVER_REFUSED, acceptedBeforeAnyRefusal: undefined },
};

export class DrainSuspects {
  readonly #suspicions = new Map<string, Suspicion>();
  /** Batches that others may go before; room is made for others in their place. */
  readonly #aside = new Set<string>();
  readonly #answeredElsewhere: () => number;
  #accepted = 0;

  constructor(answeredElsewhere: () => number) {
    this.#answeredElsewhere = answeredElsewhere;
  }

  accepted(batchId: string): void {
    this.#accepted += 1;
    this.settled(batchId);
  }

  settled(batchId: string): void {
    this.#suspicions.delete(batchId);
    this.#aside.delete(batchId);
  }

  /** It is kept, and others may go before it: any number of events alone, and a bounded one of larger batches. */
  keptAside(batchId: string, events: number): void {
    if (events === 1 || this.#aside.size < MOST_ASIDE) this.#aside.add(batchId);
  }

  /** How many batches others go before. */
  get aside(): number {
    return this.#aside.size;
  }

  /**
   * What is known of a batch of which an attempt has just failed. What got through before its first failure proves
   * nothing, even if both were in flight together: the plane may have broken in between.
   */
  factsOf(batchId: string): Omit<BatchFacts, 'events'> {
    const known = this.#suspicions.get(batchId) ?? CLEAN;
    const { failures, attempts, refusals, losses, mayBeDone } = known;
    return {
      ...{ failures, attempts, refusals, losses, mayBeDone },
      othersAnswered: this.#isMoreThan(known.answeredBeforeLoss, this.#answered()),
      othersGotThrough: this.#isMoreThan(known.acceptedBefore),
      othersNotRefused: this.#isMoreThan(known.acceptedBeforeRefusal),
      isSingledOut: this.#isMoreThan(known.acceptedBeforeAnyRefusal),
    };
  }

  #isMoreThan(before: number | undefined, now = this.#accepted): boolean {
    return before !== undefined && now > before;
  }

  #answered(): number {
    return this.#accepted + this.#answeredElsewhere();
  }

  /** Counts that failure, by what it speaks against. */
  failed(batchId: string, blame: ReturnType<typeof blameOf>): void {
    const known = this.#suspicions.get(batchId) ?? CLEAN;
    this.#suspicions.set(batchId, { ...known, attempts: known.attempts + 1, ...this.#blamed(known, blame) });
  }

  #blamed(known: Suspicion, blame: ReturnType<typeof blameOf>): Partial<Suspicion> {
    switch (blame) {
      case 'way':
        return {};
      case 'busy':
        return { mayBeDone: true };
      case 'lost': {
        const { losses, answeredBeforeLoss = this.#answered() } = known;
        return { mayBeDone: true, losses: losses + 1, answeredBeforeLoss };
      }
      case 'batch':
        return { failures: known.failures + 1, acceptedBefore: known.acceptedBefore ?? this.#accepted };
      case 'words': {
        const { acceptedBeforeRefusal = this.#accepted, acceptedBeforeAnyRefusal = this.#accepted } = known;
        return { refusals: known.refusals + 1, acceptedBeforeRefusal, acceptedBeforeAnyRefusal };
      }
    }
  }

  /**
   * The halves inherit the suspicion, so that what is to blame is found in few steps. One that is alone begins its count
   * anew: before it is quarantined it must have failed by itself as often as a batch before it is halved. A refusal says
   * less than a failure: an event alone needs others that got through since its own, and so does every half of a batch
   * that was halved before any did.
   */
  split(batchId: string, halves: readonly { readonly batchId: string; readonly events: number }[]): void {
    const known = { ...(this.#suspicions.get(batchId) ?? CLEAN), attempts: 0 };
    const refusals = this.#isMoreThan(known.acceptedBeforeRefusal) ? {} : NEVER_REFUSED;
    this.settled(batchId);
    for (const { batchId: half, events } of halves) {
      const anew = events > 1 ? refusals : { failures: 0, ...NEVER_LOST, ...NEVER_REFUSED };
      this.#suspicions.set(half, { ...known, ...anew });
    }
  }
}
