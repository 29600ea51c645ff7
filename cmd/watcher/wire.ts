/**
 * The composition root: every part of one agent, built once, in the order of the path of a failure. Nothing here is
 * global, so a process may hold two of these for two clusters.
 *
 *   pod change -> facts -> finding -> filter -> dedupe -> outbox -> batch -> plane
 */
import { connect, type Connection } from '../../internal/kubernetes/connection.ts';
import { LeaderElector } from '../../internal/kubernetes/leader.ts';
import { leaderIdentity } from '../../internal/kubernetes/leader-identity.ts';
import { leadershipWithoutLease } from '../../internal/kubernetes/leader-none.ts';
import type { LeaderEvents, Leadership } from '../../internal/kubernetes/leader-term.ts';
import { createMetrics } from '../../internal/metrics/metrics.ts';
import { Drain } from '../../internal/pipeline/drain.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { shrinkEvent } from '../../internal/restate/wire-trim.ts';
import { buildHttp, listen, type RunningServer } from '../../internal/server/http.ts';
import type { AgentConfig } from './agent-config.ts';
import { healthOf } from './health.ts';
import { LiveSettings } from './live-settings.ts';
import { observePipeline, observeReflector } from './observe-cluster.ts';
import { observeDrain, observePlane } from './observe-plane.ts';
import type { Agent } from './run.ts';
import { version } from './version.ts';
import { wireCluster } from './wire-cluster.ts';
import { dryRunSend, wirePlane } from './wire-plane.ts';

export interface Ambient {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export async function wire(config: AgentConfig, ambient: Ambient): Promise<Agent> {
  const { clock, random, logger } = ambient;
  const metrics = createMetrics();
  const settings = new LiveSettings(config, logger);
  const connection = connectTo(config, ambient);
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 64 * 1024 * 1024, onNotice: () => undefined });
  const pipeline = new Pipeline({
    clusterId: config.clusterId,
    settings,
    outbox,
    clock,
    encode: (finding) =>
      encodeFinding(finding, { agentVersion: version, namespaceLabels: () => undefined, workloadOf: () => undefined }),
    isTelling: () => leadership.term?.isValid() ?? false,
    observer: observePipeline(metrics, logger),
    lookBackMs: 10 * 60_000,
    pods: () => cluster.pods(),
  });
  const cluster = wireCluster(config, {
    connection,
    clock,
    random,
    logger,
    observer: observeReflector(metrics),
    onChange: (change) => pipeline.process(change),
    onSynced: () => pipeline.synced(),
  });
  const leadership = leadershipOf(config, ambient, connection, {
    onStartedLeading: (term) => pipeline.beginTerm(term.previousRenewAtMs),
    onStoppedLeading: () => undefined,
    onNewLeader: () => undefined,
  });
  const plane = wirePlane(config, { clock, random, observer: observePlane(metrics, logger) });
  const drain = new Drain({
    outbox,
    send: config.dryRun ? dryRunSend(logger) : plane.send,
    trim: shrinkEvent,
    settings,
    clock,
    random,
    logger,
    observer: observeDrain({ metrics, logger, clock, isDryRun: config.dryRun }),
  });
  const http = buildHttp(
    healthOf({
      watch: () => cluster.describe(),
      outbox: () => ({ promise: outbox.promise, stats: outbox.stats(), isBroken: false }),
      pipeline: () => pipeline.state,
      leadership: () => leadership.describe(),
      plane: () => ({ isWell: plane.breaker.state().kind === 'closed', detail: { breaker: plane.breaker.state() } }),
      settings: () => settings.describe(),
    }),
    metrics,
  );
  let server: RunningServer | undefined;
  return {
    start: async () => {
      server = await listen(http, config.httpListen);
      logger.info({ host: server.host, port: server.port }, 'serving health and metrics');
      await pipeline.load();
      drain.start();
      leadership.start();
      cluster.start();
    },
    parts: [
      { name: 'watch', stop: () => cluster.stop() },
      { name: 'pipeline', stop: () => pipeline.stop() },
      { name: 'leadership', stop: () => leadership.stop() },
      { name: 'drain', stop: async () => void (await drain.stop(config.drainTimeoutMs)) },
      { name: 'plane', stop: () => plane.close() },
      { name: 'outbox', stop: () => outbox.close() },
      { name: 'connection', stop: () => connection.close() },
      { name: 'http', stop: async () => server?.close() },
    ],
  };
}

function connectTo(config: AgentConfig, { environment, clock, logger }: Ambient): Connection {
  const { kubeconfig, context, kubeQps: qps, kubeBurst: burst } = config;
  return connect(
    { kubeconfig, context, env: environment, qps, burst, userAgent: `watcher/${version}` },
    { clock, logger },
  );
}

function leadershipOf(config: AgentConfig, ambient: Ambient, connection: Connection, events: LeaderEvents): Leadership {
  const { identity, source } = leaderIdentity(config.podName, ambient.hostName, ambient.random);
  const wantsLease = config.leaderElect === 'true' || (config.leaderElect === 'auto' && connection.isInCluster);
  if (!wantsLease || config.dryRun) return leadershipWithoutLease(identity, events);
  if (source === 'host-name')
    ambient.logger.warn({ identity }, 'no pod name given; known to other replicas by the host name');
  return new LeaderElector({
    lease: { namespace: config.podNamespace ?? connection.namespace ?? 'default', name: config.leaseName },
    identity,
    transport: connection.urgent,
    ...ambient,
    events,
  });
}
