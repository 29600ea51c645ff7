/** Gauges that are read at the moment of a scrape rather than kept. */
import { hash } from 'node:crypto';
import { watchEventLoop } from '../../internal/metrics/event-loop.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { SettingsSource } from '../../internal/pipeline/settings.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { version } from './version.ts';
import { agesByNamespace } from './watch-health.ts';
import type { Cluster } from './wire-cluster.ts';

export interface GaugeParts {
  readonly cluster: Pick<Cluster, 'watchHealth' | 'watches'>;
  readonly outbox: Outbox;
  readonly settings: SettingsSource;
  readonly isTelling: () => boolean;
  readonly clock: Clock;
}

const REVISION_DIGITS = 12;
const WATCH_STATES = ['Empty', 'Listing', 'Listed', 'Watching', 'BackingOff', 'Stopped'] as const;

export function refreshGauges(metrics: Metrics, parts: GaugeParts): void {
  const { cluster, outbox, isTelling, clock } = parts;
  metrics.set('watcher_build_info', 1, { version, node: process.version });
  metrics.state('watcher_outbox_promise', 'promise', ['durable', 'memory'], outbox.promise);
  const refreshUsage = usageRefresher(metrics, outbox);
  const refreshProcess = processRefresher(metrics, parts);
  metrics.onScrape(() => {
    refreshUsage();
    refreshProcess();
    const { events, bytes, oldestObservedAtMs } = outbox.stats();
    metrics.set('watcher_queue_depth', events);
    metrics.set('watcher_outbox_bytes', bytes);
    const sinceMs = oldestObservedAtMs === undefined ? 0 : clock.now() - oldestObservedAtMs;
    metrics.set('watcher_backlog_age_seconds', Math.max(0, sinceMs) / 1000);
    metrics.set('watcher_leading', isTelling() ? 1 : 0);
    metrics.set('watcher_watch_age_seconds', (cluster.watchHealth().ageMs ?? 0) / 1000);
    const { watches } = cluster.watches.describe();
    // The oldest last: where the label's values are too many, it is what is shown for the rest.
    const ages = agesByNamespace(watches, clock.monotonicMs()).map(([name, ageMs]) => [name, ageMs / 1000] as const);
    metrics.replace('watcher_pod_watch_age_seconds', 'namespace', ages);
    metrics.set(
      'watcher_pods',
      watches.reduce((sum, watch) => sum + watch.pods, 0),
    );
    for (const state of WATCH_STATES) {
      metrics.set('watcher_watches', watches.filter((watch) => watch.state === state).length, { state });
    }
  });
}

function processRefresher(metrics: Metrics, { settings, clock }: GaugeParts): () => void {
  const eventLoop = watchEventLoop(clock);
  let known: object | undefined;
  return () => {
    const { p99Seconds, maxSeconds } = eventLoop();
    metrics.set('watcher_event_loop_delay_p99_seconds', p99Seconds);
    metrics.set('watcher_event_loop_delay_max_seconds', maxSeconds);
    const current = settings.current();
    if (current !== known) metrics.set('watcher_settings_revision', revisionOf(current));
    known = current;
  };
}

/** As many bits of a hash as a double and its text hold in full. Whatever order the settings come in, they are the same. */
function revisionOf(settings: object): number {
  const sorted = Object.entries(settings).sort(([one], [other]) => (one < other ? -1 : 1));
  return Number.parseInt(hash('sha256', JSON.stringify(sorted), 'hex').slice(0, REVISION_DIGITS), 16);
}

/** What only the outbox's thread knows: asked for at a scrape, shown at the next, and never waited for. */
function usageRefresher(metrics: Metrics, outbox: Outbox): () => void {
  const reasons = new Set<string>();
  const refresh = async (): Promise<void> => {
    const { usedBytes, quotaBytes, quarantinedByReason } = await outbox.describe();
    metrics.set('watcher_outbox_used_bytes', usedBytes);
    metrics.set('watcher_outbox_quota_bytes', quotaBytes);
    for (const reason of Object.keys(quarantinedByReason)) reasons.add(reason);
    for (const reason of reasons) {
      metrics.set('watcher_outbox_quarantined', quarantinedByReason[reason] ?? 0, { reason });
    }
  };
  const refreshUsage = (): void => void refresh().catch(() => undefined);
  refreshUsage();
  return refreshUsage;
}
