/**
 * Whether the agent sees its cluster. Pure: what the watches say of themselves and the time in, a verdict with a named
 * reason out. A namespace that may not be read is named and does not make the others unready; all of them together do.
 */
import type { NodeWatch, NodeWatchState } from '../../internal/kubernetes/node-watch.ts';
import type { PodWatchDescription } from '../../internal/kubernetes/pod-watch.ts';
import type { PodWatchesDescription } from '../../internal/kubernetes/pod-watches-types.ts';

export type WatchVerdict = 'fresh' | 'not-synced' | 'no-rights' | 'stale' | 'namespaces-denied';

export interface WatchHealth {
  readonly verdict: WatchVerdict;
  /** Since the least fresh watch last heard from the API server; undefined where there is none that may. */
  readonly ageMs: number | undefined;
  /** What keeps us from watching: code of the error table and what it is about, at most ten. */
  readonly problems: readonly string[];
  /** Namespaces that may not be read ('' for the whole cluster), at most ten named. */
  readonly denied: readonly string[];
}

const NAMED = 10;

type Watch = Pick<PodWatchDescription, 'error' | 'lastActivityMs'>;

/** `staleAfterMs`: without a sign of life for longer, a watch counts as dead. */
export function judgeWatches(described: PodWatchesDescription, nowMs: number, staleAfterMs: number): WatchHealth {
  const denied = described.watches.filter(({ error }) => error === 'API_FORBIDDEN').map(({ namespace }) => namespace);
  const ages = [...described.watches, ofNamespaces(described)].flatMap((watch) => ageOf(watch, nowMs) ?? []);
  const ageMs = ages.length === 0 ? undefined : Math.max(...ages);
  return {
    verdict: verdictOf(described, denied.length, ageMs, staleAfterMs),
    ageMs,
    problems: problemsOf(described).slice(0, NAMED),
    denied: denied.slice(0, NAMED),
  };
}

/**
 * Namespaces whose pods may have changed without our knowing: their watch is broken, lists anew, or is silent. With ''
 * where that is so of every watch: then it is the API server.
 */
export function behindOf(
  { watches }: Pick<PodWatchesDescription, 'watches'>,
  nowMs: number,
  staleAfterMs: number,
): ReadonlySet<string> {
  const readable = watches.filter(({ error }) => error !== 'API_FORBIDDEN');
  const behind = readable.filter((watch) => !isFollowing(watch) || (ageOf(watch, nowMs) ?? 0) > staleAfterMs);
  const names = behind.map(({ namespace }) => namespace);
  return new Set(behind.length > 0 && behind.length === readable.length ? [...names, ''] : names);
}

/** A watch that ended in good order is asked for again at once; one that failed may take long. */
function isFollowing({ state, error }: Pick<PodWatchDescription, 'state' | 'error'>): boolean {
  return state === 'Watching' || (state === 'Listed' && error === undefined);
}

/** Age of the least fresh watch of pods in each namespace ('' for the whole cluster), the oldest last. */
export function agesByNamespace(
  watches: readonly Pick<PodWatchDescription, 'namespace' | 'error' | 'lastActivityMs'>[],
  nowMs: number,
): readonly (readonly [namespace: string, ageMs: number])[] {
  const ages = new Map<string, number>();
  for (const watch of watches) {
    const ageMs = ageOf(watch, nowMs);
    if (ageMs !== undefined) ages.set(watch.namespace, Math.max(ageMs, ages.get(watch.namespace) ?? 0));
  }
  return [...ages].toSorted(([, a], [, b]) => a - b);
}

function problemsOf({ error, watches, namespaces, leader, scope }: PodWatchesDescription): string[] {
  const ofWatches = watches.flatMap(({ error: code, namespace }) =>
    code === undefined ? [] : [`${code}: list and watch pods ${where(namespace)}`],
  );
  const ofNamespaces = namespaces.state === 'denied' ? ['API_FORBIDDEN: list and watch namespaces'] : [];
  return [
    ...(error === undefined ? [] : [`${error}: list and watch pods ${where('')}`]),
    ...ofNamespaces,
    ...(namespaces.isMissing === true ? [`NAMESPACE_MISSING: ${scope}`] : []),
    ...(leader?.state === 'denied' ? ['API_FORBIDDEN: list and watch nodes'] : []),
    ...ofWatches,
  ];
}

const where = (namespace: string): string => (namespace === '' ? 'in the whole cluster' : `in namespace ${namespace}`);

export interface NodesHealth {
  readonly state: NodeWatchState;
  /** Since the watch of nodes last heard from the API server; undefined where nothing is watched. */
  readonly ageMs: number | undefined;
  readonly isFresh: boolean;
}

/** Whether nodes are seen, where they are asked for. Pods are told without them, each by itself. */
export function judgeNodes(
  { state, lastActivityMs }: Pick<NodeWatch, 'state' | 'lastActivityMs'>,
  nowMs: number,
  staleAfterMs: number,
): NodesHealth {
  const ageMs = lastActivityMs === undefined ? undefined : nowMs - lastActivityMs;
  return { state, ageMs, isFresh: state !== 'denied' && (ageMs ?? 0) <= staleAfterMs };
}

/** The watch of namespaces counts as well: by it they come into scope. */
function ofNamespaces({ namespaces: { state, lastActivityMs } }: PodWatchesDescription): Watch {
  return { error: undefined, lastActivityMs: state === 'watching' ? lastActivityMs : undefined };
}

function ageOf({ error, lastActivityMs }: Watch, nowMs: number): number | undefined {
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
