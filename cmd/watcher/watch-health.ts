/**
 * Whether the agent sees its cluster. Pure: what the watches say of themselves and the time in, a verdict with a named
 * reason out. A namespace that may not be read is named and does not make the others unready; all of them together do.
 */
import type { PodWatchDescription } from '../../internal/kubernetes/pod-watch.ts';
import type { PodWatchesDescription } from '../../internal/kubernetes/pod-watches.ts';

export type WatchVerdict = 'fresh' | 'not-synced' | 'no-rights' | 'stale' | 'namespaces-denied';

export interface WatchHealth {
  readonly verdict: WatchVerdict;
  /** Since the least fresh watch last heard from the API server; undefined where there is none that may. */
  readonly ageMs: number | undefined;
  /** What keeps us from watching, in the codes of the error table; each once. */
  readonly errors: readonly string[];
  /** Namespaces that may not be read ('' for the whole cluster), at most ten named. */
  readonly denied: readonly string[];
}

const NAMED = 10;

/** `staleAfterMs`: without a sign of life for longer, a watch counts as dead. */
export function judgeWatches(described: PodWatchesDescription, nowMs: number, staleAfterMs: number): WatchHealth {
  const denied = described.watches.filter(({ error }) => error === 'API_FORBIDDEN').map(({ namespace }) => namespace);
  const ages = described.watches.flatMap((watch) => ageOf(watch, nowMs) ?? []);
  const ageMs = ages.length === 0 ? undefined : Math.max(...ages);
  const errors = [...new Set([described.error, ...described.watches.map(({ error }) => error)])];
  return {
    verdict: verdictOf(described, denied.length, ageMs, staleAfterMs),
    ageMs,
    errors: errors.filter((code) => code !== undefined),
    denied: denied.slice(0, NAMED),
  };
}

function ageOf({ error, lastActivityMs }: PodWatchDescription, nowMs: number): number | undefined {
  return error === 'API_FORBIDDEN' || lastActivityMs === undefined ? undefined : nowMs - lastActivityMs;
}

function verdictOf(
  { isSynced, watches, namespaces, scope, error }: PodWatchesDescription,
  denied: number,
  ageMs: number | undefined,
  staleAfterMs: number,
): WatchVerdict {
  if (namespaces.state === 'denied' && scope.startsWith('namespaces labelled')) return 'namespaces-denied';
  if (error === 'API_FORBIDDEN' || (watches.length > 0 && denied === watches.length)) return 'no-rights';
  if (!isSynced) return 'not-synced';
  return ageMs !== undefined && ageMs > staleAfterMs ? 'stale' : 'fresh';
}
