/**
 * What the probes are told. Ready means: sees the cluster, and has somewhere to put what it sees. Whether it leads,
 * whether the plane answers, is shown and decides nothing: a follower is ready, and a plane that is down is no reason to
 * take an agent out of service that keeps every failure for later.
 */
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { HealthCheck, HealthSource } from '../../internal/server/health.ts';
import type { LiveSettings } from './live-settings.ts';
import type { PlaneDuties } from './plane-duties.ts';
import type { Cluster } from './wire-cluster.ts';
import type { Plane } from './wire-plane.ts';

/** What health is read from; every part is asked at the moment of the probe. */
export interface HealthParts {
  readonly cluster: Pick<Cluster, 'watchHealth' | 'nodesHealth' | 'watches' | 'leadership'>;
  readonly outbox: Outbox;
  readonly pipeline: Pick<Pipeline, 'state' | 'describe'>;
  readonly plane: Pick<Plane, 'breaker'>;
  readonly duties: Pick<PlaneDuties, 'enrolment'>;
  readonly settings: LiveSettings;
}

export function healthOf(parts: HealthParts): HealthSource {
  return {
    live: () => [{ name: 'process', ok: true, required: true, detail: 'running' }],
    ready: () => [watchCheck(parts), outboxCheck(parts), ...nodesCheck(parts), ...shownOnly(parts)],
  };
}

function watchCheck({ cluster }: HealthParts): HealthCheck {
  const health = cluster.watchHealth();
  const { scope, plan, reason, namespaces: found, watches } = cluster.watches.describe();
  const namespaces = { state: found.state, count: found.count, isMissing: found.isMissing };
  const pods = watches.reduce((sum, watch) => sum + watch.pods, 0);
  const detail = { ...health, scope, plan, reason, namespaces, watches: watches.length, pods };
  return { name: 'watch', ok: health.verdict === 'fresh', required: true, detail };
}

/** Without nodes every pod of a node that is lost is told by itself: worse, but no reason not to be ready. */
function nodesCheck({ cluster }: HealthParts): HealthCheck[] {
  const health = cluster.nodesHealth();
  if (health === undefined || health.state === 'not-wanted') return [];
  return [{ name: 'nodes', ok: health.isFresh, required: false, detail: health }];
}

function outboxCheck({ outbox }: HealthParts): HealthCheck {
  return { name: 'outbox', ok: true, required: true, detail: { promise: outbox.promise, ...outbox.stats() } };
}

function shownOnly({ pipeline, cluster, plane, duties, settings }: HealthParts): HealthCheck[] {
  const breaker = plane.breaker.state();
  const enrolment = duties.enrolment();
  const isPlaneWell = breaker.kind === 'closed' && enrolment.kind !== 'not-enrolled';
  return [
    { name: 'pipeline', ok: pipeline.state.kind === 'running', required: false, detail: pipeline.describe() },
    { name: 'leadership', ok: true, required: false, detail: cluster.leadership.describe() },
    { name: 'plane', ok: isPlaneWell, required: false, detail: { breaker: breaker.kind, enrolment } },
    { name: 'settings', ok: true, required: false, detail: settings.describe() },
  ];
}
