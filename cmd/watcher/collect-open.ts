/**
 * The complete sets of open incidents that this agent can vouch for now, from what its watches know.
 *
 * Only of a scope that has been seen whole and is watched without trouble, before and after the look; and as of the last
 * sign of life of the least fresh watch, not of now: what happened since may be unknown here. Looks at some hundred pods
 * at a time, so that a large cluster doesn't hold up its own watch.
 */
import { openIncidentsOf } from '../../internal/pipeline/incidents-open.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import type { StuckDelays } from '../../internal/pipeline/stuck-delays.ts';
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import type { OpenIncidents } from '../../internal/restate/open-incidents.ts';
import type { PodWatchesDescription } from '../../internal/kubernetes/pod-watches-types.ts';
import { planeScope, type ScopeConfig } from './plane-scope.ts';
import type { WatchHealth } from './watch-health.ts';

export interface OpenParts {
  readonly config: ScopeConfig & { readonly clusterId: string };
  readonly watches: { pods(): Iterable<PodFacts>; describe(): PodWatchesDescription };
  /** The scope in words. */
  readonly scope: string;
  readonly watchHealth: () => WatchHealth;
  readonly delays: () => Partial<StuckDelays>;
  /** Open incidents of nodes; undefined while not all nodes are known. */
  readonly nodeKeys?: () => readonly string[] | undefined;
  readonly isLeading: () => boolean;
  readonly clock: Clock;
}

const PODS_AT_ONCE = 200;

/** Undefined where no scope can be vouched for. */
export async function collectOpen(parts: OpenParts): Promise<readonly OpenIncidents[] | undefined> {
  const observedAtMs = completeSinceMs(parts);
  if (observedAtMs === undefined) return undefined;
  const scopes = vouchedFor(parts);
  const sets = new Map(scopes.map((scope) => [scope, new Set<string>()]));
  const { config, clock, watches, scope: namespaces, nodeKeys = () => [] } = parts;
  const ofNodes = nodeKeys();
  if (ofNodes === undefined) return undefined;
  for (const key of ofNodes) sets.get(planeScope(config, namespaces, ''))?.add(key);
  const context = { clusterId: config.clusterId, nowMs: clock.now(), delays: parts.delays() };
  let looked = 0;
  for (const pod of watches.pods()) {
    const set = sets.get(planeScope(config, namespaces, pod.nodeName));
    for (const key of set === undefined ? [] : openIncidentsOf(pod, context)) set?.add(key);
    if (++looked % PODS_AT_ONCE === 0) await sleep(clock, 0);
  }
  if (completeSinceMs(parts) === undefined) return undefined;
  return [...sets].map(([scope, keys]) => ({ incidentKeys: [...keys], observedAtMs, scope }));
}

/** As of when everything in scope is known; undefined where something is not. */
function completeSinceMs({ watches, watchHealth, clock }: OpenParts): number | undefined {
  const { verdict, ageMs, problems, denied } = watchHealth();
  const isWhole = watches.describe().watches.every(({ isSynced }) => isSynced);
  if (verdict !== 'fresh' || ageMs === undefined || problems.length > 0 || denied.length > 0 || !isWhole)
    return undefined;
  return clock.now() - Math.max(0, ageMs);
}

/** With one agent a node the leader speaks for pods without a node as well; each for its own node, whoever leads. */
function vouchedFor({ config, scope: namespaces, isLeading }: OpenParts): (string | undefined)[] {
  const own = planeScope(config, namespaces, config.nodeName ?? '');
  if (config.nodeName === undefined) return [own];
  return isLeading() ? [own, planeScope(config, namespaces, '')] : [own];
}
