/**
 * When a cluster counts as late: pure decisions over what was heard of it. A part of a cluster is what one set of replicas
 * tells of: all of it, some namespaces, or a shard; each part has a leader of its own, and can be late on its own.
 *
 * `silent`: nobody of the part was heard for the missed intervals and half of one more (heartbeats come up to a tenth
 * late). `no-leader`: somebody was, but nobody that leads, so its failures are told by no one.
 */

export type LateReason = 'silent' | 'no-leader';

/** A cluster became late, or no longer is. */
export interface LateNews {
  readonly cluster_id: string;
  /** The part of it, as its agents call it; '' for all of it. */
  readonly scope: string;
  readonly what: LateReason | 'back' | 'forgotten';
  /** RFC 3339, by the plane's clock. */
  readonly at: string;
  /** When it was last as it should be. */
  readonly since: string;
}

/** What is known of one part. Moments in Ms since the epoch, by the plane's clock. */
export interface PartSeen {
  readonly heardMs: number;
  /** When somebody was last heard that leads, or when the wait for one began. */
  readonly leaderMs: number;
  /** How often its agents promised to be heard. */
  readonly everyMs: number;
  /** Silence before this moment does not count: the plane was away. */
  readonly excusedMs?: number;
  readonly late?: { readonly reason: LateReason; readonly sinceMs: number };
}

export interface Beat {
  readonly atMs: number;
  readonly everyMs: number;
  readonly isLeading: boolean;
}

/** The longest silence that is none. */
export function patienceMs({ everyMs }: Pick<PartSeen, 'everyMs'>, missedBeats: number): number {
  return Math.ceil((missedBeats + 0.5) * everyMs);
}

/** After a heartbeat. Who was silent is back; who had no leader is back once one is heard. */
export function heard(part: PartSeen | undefined, { atMs, everyMs, isLeading }: Beat): PartSeen {
  const isNew = part === undefined || part.late?.reason === 'silent';
  const leaderMs = isLeading || isNew ? atMs : part.leaderMs;
  const isLeaderless = part?.late?.reason === 'no-leader' && !isLeading;
  const excused = part?.excusedMs === undefined ? {} : { excusedMs: part.excusedMs };
  return { heardMs: atMs, leaderMs, everyMs, ...excused, ...(isLeaderless ? { late: part.late } : {}) };
}

/** As time goes by. */
export function judged(part: PartSeen, nowMs: number, missedBeats: number): PartSeen {
  if (part.late?.reason === 'silent') return part;
  const { heardMs, leaderMs, excusedMs = 0, late } = part;
  const isOver = (fromMs: number): boolean => nowMs - Math.max(fromMs, excusedMs) >= patienceMs(part, missedBeats);
  if (isOver(heardMs)) return { ...part, late: { reason: 'silent', sinceMs: heardMs } };
  if (late !== undefined || !isOver(leaderMs)) return part;
  return { ...part, late: { reason: 'no-leader', sinceMs: leaderMs } };
}

/** When to look again; undefined where only a heartbeat can change anything. */
export function nextLookMs(parts: Iterable<PartSeen>, missedBeats: number): number | undefined {
  let nextMs: number | undefined;
  for (const part of parts) {
    if (part.late?.reason === 'silent') continue;
    const fromMs = part.late === undefined ? Math.min(part.heardMs, part.leaderMs) : part.heardMs;
    nextMs = Math.min(nextMs ?? Infinity, Math.max(fromMs, part.excusedMs ?? 0) + patienceMs(part, missedBeats));
  }
  return nextMs;
}
