/**
 * The composition root: every part of one agent, built once, in the order of the path of a failure. Nothing here is
 * global, so a process may hold two of these for two clusters.
 *
 *   pod change -> facts -> finding -> filter -> dedupe -> outbox -> batch -> plane
 */
import type { Metrics } from '../../internal/metrics/metrics.ts';
import { Drain } from '../../internal/pipeline/drain.ts';
import { LOOK_BACK_MS } from '../../internal/pipeline/filter-look-back.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { digestId, groupId } from '../../internal/pipeline/identity.ts';
import { Pipeline } from '../../internal/pipeline/pipeline.ts';
import { ToldMark } from '../../internal/pipeline/told-mark.ts';
import { PodTraces } from '../../internal/pipeline/trace.ts';
import type { Logger } from '../../internal/platform/log.ts';
import { redactor, type Redactor } from '../../internal/platform/redact.ts';
import { withCoalesced } from '../../internal/restate/wire-coalesced.ts';
import { digestOf } from '../../internal/restate/wire-digest.ts';
import { halvesWith } from '../../internal/restate/wire-digest-halves.ts';
import type { PlaneObserver } from '../../internal/restate/plane-observer.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { shrinkEvent } from '../../internal/restate/wire-trim.ts';
import type { FailureTracing } from '../../internal/telemetry/failure-tracing.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import { collectOpen } from './collect-open.ts';
import { healthOf } from './health.ts';
import { heartbeatSender } from './heartbeat-sender.ts';
import { LiveSettings } from './live-settings.ts';
import { observePipeline, observeReflector } from './observe-cluster.ts';
import { observeLeadership, observeLease } from './observe-leadership.ts';
import { otlpDrain, otlpPipeline, otlpSend } from './observe-otlp.ts';
import { observeDrain, observePlane } from './observe-plane.ts';
import { tracedDrain, tracedPipeline } from './observe-trace.ts';
import { PlaneDuties, type DutyParts } from './plane-duties.ts';
import { planeScope } from './plane-scope.ts';
import { refreshGauges } from './refresh-gauges.ts';
import type { Agent } from './run.ts';
import { version } from './version.ts';
import { wireCluster, type Cluster } from './wire-cluster.ts';
import { wireContext } from './wire-context.ts';
import { wireInspection, type InspectedParts, type ProcessParts } from './wire-inspection.ts';
import { wireOtlp } from './wire-otlp.ts';
import { dryRunSend, wirePlane, type Plane } from './wire-plane.ts';

/** Of the time for an orderly end, kept for what comes after the drain. */
const DRAIN_RESERVE_MS = 1_500;

/** What the path of a failure is built from. */
type Wiring = Pick<InspectedParts, 'config' | 'ambient' | 'metrics' | 'settings' | 'outbox' | 'traces'> & {
  readonly failures: FailureTracing | undefined;
};

/** What was begun before the rest was loaded. */
export interface BegunParts extends ProcessParts {
  readonly metrics: Metrics;
  readonly outbox: Promise<Outbox>;
}

/** Builds the agent. Rejects with a coded error where it could not work at all: no cluster to connect to, no outbox. */
export async function wire(config: AgentConfig, ambient: Ambient, begun: BegunParts): Promise<Agent> {
  const { logger, clock, random } = ambient;
  const { metrics } = begun;
  const settings = new LiveSettings(config, logger);
  const planeObserver = observePlane(metrics, logger);
  const outbox = await begun.outbox;
  const traces = new PodTraces(clock);
  const otlp = await wireOtlp(config, ambient, metrics);
  const wiring: Wiring = { config, ambient, metrics, settings, outbox, traces, failures: otlp?.failures };
  const { pipeline, cluster } = wirePath(wiring);
  const plane = wirePlane(config, { ...{ clock, random, observer: planeObserver }, environment: ambient.environment });
  const drain = wireDrain(wiring, plane);
  const duties = wireDuties(wiring, plane, { cluster, pipeline, observer: planeObserver });
  const health = healthOf({ cluster, outbox, pipeline, plane, duties, settings });
  refreshGauges(metrics, { cluster, outbox, settings, isTelling: () => isTelling(cluster), clock });
  const { servers, control, profiles } = wireInspection({
    ...{ ...begun, ...wiring, cluster, health },
    isTelling: () => isTelling(cluster),
    telling: () => pipeline.describe(),
    enrolment: () => duties.enrolment(),
  });
  return {
    start: async () => {
      // First: what the last run left behind needs nothing of the rest.
      drain.start();
      await servers.start();
      await control.start();
      await pipeline.load();
      await duties.start();
      startWatches(cluster);
    },
    parts: [
      { name: 'watches', atMostMs: 2_000, stop: () => stopWatches(cluster) },
      { name: 'pipeline', atMostMs: 3_000, stop: () => stopPipeline(pipeline, cluster) },
      { name: 'leadership', atMostMs: 4_000, stop: () => cluster.leadership.stop() },
      { name: 'duties', atMostMs: 2_000, stop: () => duties.stop() },
      { name: 'drain', stop: (deadlineMs) => stopDrain(drain, deadlineMs, logger) },
      { name: 'plane', stop: () => plane.close() },
      { name: 'control', atMostMs: 1_000, stop: () => control.stop() },
      { name: 'outbox', stop: () => outbox.close() },
      { name: 'connection', stop: () => cluster.connection.close() },
      { name: 'servers', stop: () => servers.stop() },
      { name: 'profiles', atMostMs: 500, stop: () => profiles.stop() },
      { name: 'otlp', stop: async (deadlineMs) => otlp?.stop(deadlineMs) },
    ],
    stopDeadlineMs: config.drainTimeoutMs,
  };
}

interface DutyWiring {
  readonly cluster: Cluster;
  readonly pipeline: Pipeline;
  readonly observer: PlaneObserver;
}

function wireDuties(wiring: Wiring, plane: Plane, { cluster, pipeline, observer }: DutyWiring): PlaneDuties {
  const { config, ambient, metrics, settings, outbox } = wiring;
  const { clock, random, logger } = ambient;
  return new PlaneDuties(config, {
    ...{ plane, settings, outbox, clock, random, logger, observer },
    clusterUid: () => cluster.clusterUid(),
    onEnrolled: () => metrics.set('watcher_enrolled', 1),
    sender: heartbeatSender(config, ambient.hostName, cluster.scope),
    facts: () => ({
      watchAgeMs: cluster.watchHealth().ageMs,
      backlogAgeMs: backlogAgeMs(outbox, clock.now()),
      isLeading: isTelling(cluster),
    }),
    open: openIncidents(wiring, cluster, pipeline),
  });
}

/** From a pod's change to the outbox. Pipeline and cluster know each other: changes one way, "may I tell?" the other. */
function wirePath({ config, ambient, metrics, settings, outbox, traces, failures }: Wiring): {
  pipeline: Pipeline;
  cluster: Cluster;
} {
  const { clock, logger } = ambient;
  const redact = redactor(config.redact);
  const pipeline: Pipeline = new Pipeline({
    ...{ clusterId: config.clusterId, settings, outbox, clock, lookBackMs: LOOK_BACK_MS },
    encode: (finding) => encode(finding, config, cluster, redact),
    withCounts: withCoalesced,
    digest: digestOf,
    isTelling: () => isTelling(cluster),
    ...(config.nodeName === undefined ? {} : { isOurs: ({ nodeName }) => nodeName === config.nodeName }),
    observer: otlpPipeline(tracedPipeline(observePipeline(metrics, logger), traces), failures),
    pods: () => cluster.watches.pods(),
    owners: {
      topOwner: (pod) => cluster.owners.topOwner(pod),
      jobOf: (pod) => cluster.owners.jobOf(pod),
      ask: (pod) => cluster.owners.ask(pod),
    },
    podOf: (uid) => cluster.watches.pod(uid),
    silences: {
      annotations: {
        ofNamespace: (namespace) => cluster.watches.silenceOf(namespace),
        ofWorkload: (pod) => cluster.workloadSilence(pod),
      },
      part: { scope: partOf(config), nodeName: config.nodeName ?? '' },
    },
    ...wireContext({ config, ambient, metrics, redact, cluster: () => cluster }),
    behind: () => cluster.behind(),
  });
  const told = new ToldMark({ clock: ambient.clock, outbox, isAllStored: () => pipeline.isAllStored });
  const cluster: Cluster = wireCluster(config, ambient, {
    watches: {
      change: (change) => pipeline.process(change),
      synced: () => pipeline.synced(),
      left: (namespace) => pipeline.left(namespace),
      node: (change) => pipeline.nodes.take(change),
      nodesVoid: () => pipeline.nodes.clear(),
    },
    leadership: observeLeadership(metrics, logger, config, pipeline),
    lease: observeLease(metrics),
    isAllTold: (withinMs) => told.isTold(withinMs),
    reflector: observeReflector(metrics),
    nodes: { isWanted: () => pipeline.nodes.isWanted(), change: (change) => pipeline.nodes.take(change) },
    ownerAsked: (kind, outcome) => metrics.count('watcher_owner_reads_total', 1, { kind, outcome }),
  });
  return { pipeline, cluster };
}

/** Which part of the cluster the agent tells of, whoever leads: each part counts what it silences for itself. */
function partOf({ nodeName, shard }: AgentConfig): string {
  if (nodeName !== undefined) return `node ${nodeName}`;
  return shard === undefined ? '' : `shard ${shard.index}/${shard.count}`;
}

/** With one agent a node each tells what is open on its own, whoever leads. */
function openIncidents(wiring: Wiring, cluster: Cluster, pipeline: Pipeline): DutyParts['open'] {
  const { config, settings, ambient } = wiring;
  const { watches, leadership, scope } = cluster;
  const isLeading = (): boolean => isTelling(cluster);
  const { clock } = ambient;
  return {
    term: () => (isLeading() ? `term ${leadership.term?.id}` : config.nodeName),
    collect: () =>
      collectOpen({
        ...{ config, watches, scope, isLeading, clock },
        watchHealth: () => cluster.watchHealth(),
        delays: () => settings.current(),
        nodeKeys: () => (cluster.nodes?.isSettled === false ? undefined : pipeline.nodes.openKeys()),
      }),
  };
}

function startWatches({ leadership, watches, nodes, check }: Cluster): void {
  leadership.start();
  watches.start();
  nodes?.start();
  check.start();
}

async function stopWatches({ watches, nodes, check }: Cluster): Promise<void> {
  check.stop();
  await Promise.all([watches.stop(), nodes?.stop()]);
}

function isTelling({ leadership }: Cluster): boolean {
  return leadership.term?.isValid() ?? false;
}

function encode(finding: Finding, config: AgentConfig, cluster: Cluster, redact: Redactor): Uint8Array {
  const { watches, owners, scope } = cluster;
  return encodeFinding(finding, {
    agentVersion: version,
    redact,
    groupOf: (fingerprint) => groupId(config.clusterId, fingerprint),
    namespaceLabels: (namespace) => watches.labelsOf(namespace),
    scopeOf: ({ namespace, nodeName }) => planeScope(config, scope, namespace === '' ? '' : nodeName),
    workloadOf: () => {
      const { workload } = owners.topOwner(finding.pod);
      return workload.name === '' ? undefined : workload;
    },
  });
}

function wireDrain({ config, ambient, metrics, settings, outbox, traces, failures }: Wiring, plane: Plane): Drain {
  const { clock, random, logger, auditLogger } = ambient;
  const observer = observeDrain({ metrics, logger, auditLogger, clock, isDryRun: config.dryRun });
  return new Drain({
    ...{ outbox, settings, clock, random, logger, trim: shrinkEvent, halve: halvesWith(digestId) },
    send: otlpSend(config.dryRun ? dryRunSend(logger) : plane.send, failures, clock),
    answeredElsewhere: () => plane.answeredElsewhere(),
    observer: otlpDrain(tracedDrain(observer, traces), failures),
  });
}

/** What waits for its owners is told as it is. */
function stopPipeline(pipeline: Pipeline, cluster: Cluster): Promise<void> {
  cluster.stopOwners();
  return pipeline.stop();
}

/** Ends early enough to name what is left, and for those behind it to close. */
async function stopDrain(drain: Drain, deadlineMs: number, logger: Logger): Promise<void> {
  const report = await drain.stop(Math.max(0, deadlineMs - DRAIN_RESERVE_MS));
  logger.info({ ...report }, 'drained');
}

export function backlogAgeMs(outbox: Outbox, nowMs: number): number | undefined {
  const { oldestObservedAtMs } = outbox.stats();
  return oldestObservedAtMs === undefined ? undefined : Math.max(0, nowMs - oldestObservedAtMs);
}
