/**
 * Which failures belong to a storm: many with one fingerprint within a window. The first of them are told by themselves;
 * from the threshold on they are gathered (digest.ts). A storm that lasts is gathered from the first failure of each
 * further window on, until one brings no more than the threshold.
 *
 * Counts begin anew with each process: after a restart at most the threshold of a storm is told by itself once more.
 */
import { keepNewest } from '../platform/keep-newest.ts';
import { STORMS_WATCHED } from '../platform/limits.ts';

export interface StormRule {
  /** So many failures with one fingerprint are told by themselves in each window. */
  readonly threshold: number;
  readonly windowMs: number;
}

interface Count {
  readonly sinceMs: number;
  readonly wasStorm: boolean;
  failures: number;
}

export class Storms {
  readonly #limit: number;
  /** By fingerprint, the window begun longest ago first. */
  readonly #counts = new Map<string, Count>();

  constructor(limit = STORMS_WATCHED) {
    this.#limit = limit;
  }

  /** Counts one more failure; true where it is part of a storm. `nowMs` on a clock that never jumps. */
  isPartOfOne(fingerprint: string, nowMs: number, { threshold, windowMs }: StormRule): boolean {
    const count = this.#window(fingerprint, nowMs, threshold, windowMs);
    count.failures += 1;
    return count.wasStorm || count.failures > threshold;
  }

  #window(fingerprint: string, nowMs: number, threshold: number, windowMs: number): Count {
    const known = this.#counts.get(fingerprint);
    if (known !== undefined && nowMs - known.sinceMs < windowMs) return known;
    const isNext = known !== undefined && nowMs - known.sinceMs < 2 * windowMs;
    const count = { sinceMs: nowMs, wasStorm: isNext && known.failures > threshold, failures: 0 };
    keepNewest(this.#counts, fingerprint, count, this.#limit);
    return count;
  }
}
