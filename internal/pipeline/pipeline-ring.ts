/**
 * What a follower detects. It appends nothing, but whoever takes over tells what the old leader may not have told
 * any more, so findings are kept: each id once, as it was first seen, and the last few thousand.
 */
import { STATUS_LATE_MS } from '../platform/limits.ts';
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

/** How far back a look at all pods has to go so that it finds this one again. */
export function foundSinceMs({ finding, cause, sinceMs }: Candidate): number {
  return cause === 'initial' ? sinceMs : finding.observedAtMs;
}

export class FollowerRing {
  readonly #limit: number;
  readonly #kept = new Map<string, Candidate>();
  /** Where the oldest stands: finding it anew would take time in proportion to what made room before. */
  #oldest: Iterator<readonly [string, Candidate]> | undefined;
  /** When the newest candidate that had to make room was seen. */
  #gaveUpUntilMs = -Infinity;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Whether something seen since then had to make room: what a look at all pods must make good. */
  hasGapSince(sinceMs: number): boolean {
    return this.#gaveUpUntilMs >= sinceMs;
  }

  /** Keeps it unless its id is kept already; returns what had to make room. */
  add(candidate: Candidate): Candidate | undefined {
    if (this.#kept.has(candidate.finding.eventId)) return undefined;
    this.#kept.set(candidate.finding.eventId, candidate);
    if (this.#kept.size <= this.#limit) return undefined;
    return this.#giveUpOldest();
  }

  #giveUpOldest(): Candidate | undefined {
    this.#oldest ??= this.#kept.entries();
    const first = this.#oldest.next();
    if (first.done === true) return undefined;
    const [id, oldest] = first.value;
    this.#kept.delete(id);
    this.#gaveUpUntilMs = Math.max(this.#gaveUpUntilMs, oldest.finding.observedAtMs);
    return oldest;
  }

  /** Nothing is told of this namespace any more. */
  left(namespace: string): void {
    for (const [id, { finding }] of this.#kept) if (finding.pod.namespace === namespace) this.#kept.delete(id);
    this.#oldest = undefined;
  }

  /** Empties the ring, in order, into what the new leader tells and what the old one has told. */
  take(sinceMs: number): { readonly toTell: Candidate[]; readonly toldByLeader: Candidate[] } {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    this.#oldest = undefined;
    this.#gaveUpUntilMs = -Infinity;
    const isDue = (candidate: Candidate): boolean => isUntold(candidate, sinceMs);
    return { toTell: all.filter(isDue), toldByLeader: all.filter((candidate) => !isDue(candidate)) };
  }
}

/**
 * The old leader told what was seen before it last renewed, and what ended well before that: a ring that had to forget
 * takes an old exit for a new one. What an initial sync showed since is judged later, by its look-back.
 */
function isUntold({ finding, cause }: Candidate, sinceMs: number): boolean {
  if (finding.observedAtMs < sinceMs) return false;
  return cause === 'initial' || decideLookBack(finding, sinceMs - STATUS_LATE_MS).pass;
}
