/** Gauges that are read at the moment of a scrape rather than kept. */
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Cluster } from './wire-cluster.ts';

export interface GaugeParts {
  readonly cluster: Pick<Cluster, 'watchHealth' | 'watches'>;
  readonly outbox: Outbox;
  readonly isTelling: () => boolean;
  readonly clock: Clock;
}

const WATCH_STATES = ['Empty', 'Listing', 'Listed', 'Watching', 'BackingOff', 'Stopped'] as const;

export function refreshGauges(metrics: Metrics, { cluster, outbox, isTelling, clock }: GaugeParts): void {
  metrics.state('watcher_outbox_promise', 'promise', ['durable', 'memory'], outbox.promise);
  metrics.onScrape(() => {
    const { events, bytes, oldestObservedAtMs } = outbox.stats();
    metrics.set('watcher_queue_depth', events);
    metrics.set('watcher_outbox_bytes', bytes);
    const sinceMs = oldestObservedAtMs === undefined ? 0 : clock.now() - oldestObservedAtMs;
    metrics.set('watcher_backlog_age_seconds', Math.max(0, sinceMs) / 1000);
    metrics.set('watcher_leading', isTelling() ? 1 : 0);
    metrics.set('watcher_watch_age_seconds', (cluster.watchHealth().ageMs ?? 0) / 1000);
    const { watches } = cluster.watches.describe();
    metrics.set(
      'watcher_pods',
      watches.reduce((sum, watch) => sum + watch.pods, 0),
    );
    for (const state of WATCH_STATES) {
      metrics.set('watcher_watches', watches.filter((watch) => watch.state === state).length, { state });
    }
  });
}
