/** What a change of leadership means to the rest: the pipeline begins to tell, metrics and log say so. */
import type { LeaderEvents, LeaderObserver } from '../../internal/kubernetes/leader-term.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { Logger } from '../../internal/platform/log.ts';

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
      pipeline.beginTerm(previousRenewAtMs === undefined ? undefined : previousRenewAtMs - leaseDurationMs);
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
