/**
 * The cluster's side of one agent: connection, scope, pod watches, leadership. Everything that belongs to one watched
 * cluster hangs off the object built here.
 */
import type { Connection } from '../../internal/kubernetes/connection.ts';
import { NodeWatch, type NodeWatchOptions } from '../../internal/kubernetes/node-watch.ts';
import { LeaderElector, type LeaderOptions } from '../../internal/kubernetes/leader.ts';
import { leaderIdentity } from '../../internal/kubernetes/leader-identity.ts';
import { leadershipWithoutLease } from '../../internal/kubernetes/leader-none.ts';
import type { LeaderEvents, LeaderObserver, Leadership } from '../../internal/kubernetes/leader-term.ts';
import type { OwnersOptions } from '../../internal/kubernetes/owners.ts';
import { fetchClusterUid } from '../../internal/kubernetes/namespaces-cluster-uid.ts';
import type { PodWatchesEvents, PodWatchesOptions } from '../../internal/kubernetes/pod-watches-types.ts';
import { PodWatches } from '../../internal/kubernetes/pod-watches.ts';
import type { ReflectorObserver } from '../../internal/kubernetes/reflector-types.ts';
import { shardLeaseName, shardOf } from '../../internal/kubernetes/scope-shard.ts';
import { describeScope, type Scope } from '../../internal/kubernetes/scope.ts';
import { withDeadline } from '../../internal/platform/clock.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import { checkAtStart, type CheckAtStart } from './check-at-start.ts';
import { connectCluster } from './connect-cluster.ts';
import { behindOf, judgeNodes, judgeWatches, type WatchHealth, type NodesHealth } from './watch-health.ts';
import { watchedScope } from './watched-scope.ts';
import { wireOwners, type WiredOwners } from './wire-owners.ts';

/** A watch is cut when it has been silent for --watch-idle-timeout; so many of these later it counts as dead. */
const STALE_AFTER_IDLE_TIMEOUTS = 2;

/** An agent that has not seen its whole scope leaves the Lease to others, but for no longer than this after its start. */
const SYNC_BEFORE_LEAD_MS = 60_000;

/** Enrolment goes without the cluster's uid where the API server doesn't tell it in time. */
const CLUSTER_UID_DEADLINE_MS = 5_000;

export interface ClusterEvents {
  readonly watches: PodWatchesEvents;
  readonly leadership: LeaderEvents;
  readonly lease: LeaderObserver;
  /** Whether all failures seen until `withinMs` ago are told. */
  readonly isAllTold: (withinMs: number) => boolean;
  readonly reflector: ReflectorObserver;
  readonly ownerAsked: NonNullable<OwnersOptions['asked']>;
  readonly nodes: Pick<NodeWatchOptions, 'isWanted' | 'change'>;
}

export interface Cluster extends WiredOwners {
  readonly connection: Connection;
  readonly watches: PodWatches;
  /** Of an agent that sees the pods of all nodes. */
  readonly nodes: NodeWatch | undefined;
  readonly leadership: Leadership;
  /** What of the cluster is watched, in words (describeScope). */
  readonly scope: string;
  watchHealth(): WatchHealth;
  /** Undefined for an agent of one node. */
  nodesHealth(): NodesHealth | undefined;
  /** Where what is known of pods may be behind the cluster. */
  behind(): ReadonlySet<string>;
  /** What of rights and clock is not as it should be, told once. */
  readonly check: CheckAtStart;
  /** uid of the namespace kube-system, by which a plane tells two clusters of one name apart. */
  clusterUid(): Promise<string | undefined>;
}

/** Throws KUBECONFIG_* where there is no cluster to connect to. Asks the API server nothing yet. */
export function wireCluster(config: AgentConfig, ambient: Ambient, events: ClusterEvents): Cluster {
  const { clock, random, logger } = ambient;
  const connection = connectCluster(config, ambient);
  logger.info({ ...connection.describe() }, 'the cluster to watch');
  const scope = scopeOf(config, connection, ambient);
  const limits = { idleMs: config.watchIdleTimeoutMs, headersTimeoutMs: config.kubeTimeoutMs };
  const watches = new PodWatches({
    scope,
    ...{ clock, random, logger, transport: connection.transport },
    ...{ limits, ...shareOf(config) },
    observer: events.reflector,
    events: events.watches,
  });
  const { transport } = connection;
  const { reflector: observer, isAllTold } = events;
  const led = { events: tellingWatches(events.leadership, watches), observer: events.lease, isAllTold };
  const nodes = new NodeWatch({ ...events.nodes, ...{ transport, clock, random, logger, limits, observer } });
  const staleAfterMs = config.watchIdleTimeoutMs * STALE_AFTER_IDLE_TIMEOUTS;
  const startedMs = clock.monotonicMs();
  const mayLead = (): boolean =>
    judgeWatches(watches.describe(), clock.monotonicMs(), staleAfterMs).verdict !== 'not-synced' ||
    clock.monotonicMs() - startedMs > SYNC_BEFORE_LEAD_MS;
  return {
    connection,
    watches,
    check: checkAtStart(config, ambient, connection),
    nodes: config.nodeName === undefined ? nodes : undefined,
    scope: describeScope(scope),
    ...wireOwners(config, { transport, clock, logger, asked: events.ownerAsked }),
    leadership: leadershipOf(config, ambient, connection, { ...led, mayLead }),
    watchHealth: () => judgeWatches(watches.describe(), clock.monotonicMs(), staleAfterMs),
    nodesHealth: () =>
      config.nodeName === undefined ? judgeNodes(nodes, clock.monotonicMs(), staleAfterMs) : undefined,
    behind: () => behindOf(watches.describe(), clock.monotonicMs(), staleAfterMs),
    clusterUid: async () => {
      const deadline = withDeadline(clock, CLUSTER_UID_DEADLINE_MS);
      try {
        return await fetchClusterUid(connection.transport, deadline.signal);
      } catch (err) {
        logger.warn(
          { err },
          'enrolling without the uid of kube-system: two clusters under one name could not be told apart',
        );
        return undefined;
      } finally {
        deadline.done();
      }
    },
  };
}

function scopeOf(config: AgentConfig, connection: Connection, { logger }: Ambient): Scope {
  const scope = watchedScope(config, connection.namespace);
  if (scope.mode === 'single' && config.watchNamespace === undefined) {
    logger.warn(
      { namespace: scope.namespace, code: 'SETTING_GUESSED' },
      'no --watch-namespace given: watching this one (--watch-namespace-mode=all watches all)',
    );
  }
  return scope;
}

/** What of the scope is ours: the pods of one node, one shard, or all. */
function shareOf({ nodeName, shard }: AgentConfig): Pick<PodWatchesOptions, 'nodeName' | 'isOurs'> {
  if (nodeName !== undefined) return { nodeName };
  return shard === undefined ? {} : { isOurs: (uid) => shardOf(uid, shard.count) === shard.index };
}

/** The pipeline knows of a new term before the first pod comes that only a leader watches. */
function tellingWatches(events: LeaderEvents, watches: PodWatches): LeaderEvents {
  return {
    ...events,
    onStartedLeading: (term) => {
      events.onStartedLeading(term);
      watches.lead(true);
    },
    onStoppedLeading: (reason) => {
      events.onStoppedLeading(reason);
      watches.lead(false);
    },
  };
}

function leadershipOf(
  config: AgentConfig,
  ambient: Ambient,
  connection: Connection,
  leader: Pick<LeaderOptions, 'events' | 'observer' | 'mayLead' | 'isAllTold'>,
): Leadership {
  const { identity, source } = leaderIdentity(config.podName, ambient.hostName, ambient.random);
  const wantsLease = config.leaderElect === 'true' || (config.leaderElect === 'auto' && connection.isInCluster);
  if (!wantsLease || config.dryRun) return leadershipWithoutLease(identity, leader.events);
  const namespace = config.podNamespace ?? connection.namespace ?? 'default';
  const name = config.shard === undefined ? config.leaseName : shardLeaseName(config.leaseName, config.shard);
  if (source === 'host-name' || config.podNamespace === undefined) {
    ambient.logger.warn(
      { identity, namespace, lease: name, code: 'SETTING_GUESSED' },
      'POD_NAME or POD_NAMESPACE is not set: the Lease is held under this identity, in this namespace',
    );
  }
  const { leaseDurationMs, leaseRenewDeadlineMs: renewDeadlineMs, leaseRetryMs: retryMs } = config;
  return new LeaderElector({
    lease: { namespace, name },
    identity,
    transport: connection.urgent,
    times: { leaseDurationMs, renewDeadlineMs, retryMs },
    ...ambient,
    ...leader,
  });
}
