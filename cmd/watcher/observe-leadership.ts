/** What a change of leadership means to the rest: the pipeline begins to tell, metrics and log say so. */
import type { LeaderEvents, LeaderObserver } from '../../internal/kubernetes/leader-term.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { Logger } from '../../internal/platform/log.ts';

/**
 * How long the watch of the old leader may have been dead before it knew (transport-dial.ts: 25 s), while its renewals went
 * through on a connection of their own: it told all that it saw.
 */
const UNSEEN_MS = 30_000;

export function observeLeadership(
  metrics: Metrics,
  logger: Logger,
  { leaseDurationMs }: { readonly leaseDurationMs: number },
  pipeline: Pick<Pipeline, 'beginTerm'>,
): LeaderEvents {
  return {
    onStartedLeading: ({ id, transitions, previousRenewAtMs }) => {
      metrics.set('watcher_leading', 1);
      metrics.set('watcher_leader_term', transitions);
      metrics.count('watcher_leader_terms_total', 1);
      logger.info({ term: id }, 'telling failures');
      // The old leader may have told until it renewed for the last time, less what it might have seen and not yet told.
      const lateMs = leaseDurationMs + UNSEEN_MS;
      pipeline.beginTerm(previousRenewAtMs === undefined ? undefined : previousRenewAtMs - lateMs);
    },
    onStoppedLeading: () => {
      metrics.set('watcher_leading', 0);
      metrics.set('watcher_leader_term', 0);
    },
    onNewLeader: (leader) => logger.info({ leader }, 'following: another replica tells failures'),
  };
}

export function observeLease(metrics: Metrics): LeaderObserver {
  return {
    renewed: (tookMs) => metrics.observe('watcher_lease_request_seconds', tookMs / 1000),
    failed: (reason) => metrics.count('watcher_lease_failures_total', 1, { reason }),
  };
}
