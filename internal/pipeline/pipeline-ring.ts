/**
 * What a follower detects. It appends nothing, but whoever takes over tells what the old leader may not have told
 * any more, so findings are kept: each id once, as it was first seen, and the last few thousand.
 */
import { decideLookBack } from './filter-look-back.ts';
import type { Finding } from './finding.ts';
import type { PodChange } from './pod-facts.ts';

/** A finding on its way, with what later stages ask of the change that brought it. */
export interface Candidate {
  readonly finding: Finding;
  readonly subject: string;
  readonly cause: PodChange['cause'];
  /** What was over before this is old news; 0 where nothing is. */
  readonly sinceMs: number;
}

export class FollowerRing {
  readonly #limit: number;
  readonly #kept = new Map<string, Candidate>();
  #overflowed = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Candidates given up for lack of room since the last `take`: what a look at all pods must make good. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** Keeps it unless its id is kept already; returns what had to make room. */
  add(candidate: Candidate): Candidate | undefined {
    if (this.#kept.has(candidate.finding.eventId)) return undefined;
    this.#kept.set(candidate.finding.eventId, candidate);
    if (this.#kept.size <= this.#limit) return undefined;
    for (const [id, oldest] of this.#kept) {
      this.#kept.delete(id);
      this.#overflowed++;
      return oldest;
    }
    return undefined;
  }

  /** Empties the ring, in order, into what the new leader tells and what the old one has told. */
  take(sinceMs: number): { readonly toTell: Candidate[]; readonly toldByLeader: Candidate[] } {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    this.#overflowed = 0;
    const isDue = (candidate: Candidate): boolean => isUntold(candidate, sinceMs);
    return { toTell: all.filter(isDue), toldByLeader: all.filter((candidate) => !isDue(candidate)) };
  }
}

/**
 * The old leader told what was seen before it last renewed. What an initial sync showed since is judged later, by its
 * look-back, as it may have begun long before.
 */
function isUntold({ finding, cause }: Candidate, sinceMs: number): boolean {
  if (finding.observedAtMs < sinceMs) return false;
  return cause === 'initial' || decideLookBack(finding, sinceMs).pass;
}
