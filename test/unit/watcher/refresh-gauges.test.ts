/** Gauges that are read at a scrape, and those of leadership, with real values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observeLeadership, observeLease } from '../../../cmd/watcher/observe-leadership.ts';
import { refreshGauges } from '../../../cmd/watcher/refresh-gauges.ts';
import { version } from '../../../cmd/watcher/version.ts';
import { LeaderElector } from '../../../internal/kubernetes/leader.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { openMemoryOutbox } from '../../../internal/pipeline/outbox-memory.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { pipelineSettings, steadyRandom } from '../../support/drain-under-test.ts';
import { sumOf } from '../../support/exposition.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLease } from '../../support/memory-lease.ts';

async function gauges(settings = pipelineSettings()) {
  const metrics = createMetrics();
  const clock = new ManualClock();
  const source = { settings, current: () => source.settings };
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 1e9, onNotice: () => undefined });
  const watchHealth = () => ({ verdict: 'fresh', ageMs: 0, problems: [], denied: [] }) as const;
  const watches = { describe: () => ({ watches: [] }) } as unknown as Parameters<
    typeof refreshGauges
  >[1]['cluster']['watches'];
  refreshGauges(metrics, { cluster: { watchHealth, watches }, outbox, settings: source, isTelling: () => true, clock });
  return { source, value: async (name: string) => sumOf((await metrics.expose()).body, name) ?? NaN, metrics };
}

test('what runs is told by version', async () => {
  const { metrics } = await gauges();
  const { body } = await metrics.expose();
  assert.equal(sumOf(body, 'watcher_build_info', { version, node: process.version }), 1);
});

test('the revision of the settings is another when they are, the same again when they are back, and the same for who agrees', async () => {
  const { source, value } = await gauges();
  const revision = () => value('watcher_settings_revision');
  const first = await revision();
  assert.ok(Number.isSafeInteger(first) && first > 0, String(first));
  source.settings = pipelineSettings({ batchSize: 7 });
  const changed = await revision();
  assert.notEqual(changed, first);
  const { batchSize, ...rest } = pipelineSettings();
  source.settings = { ...rest, batchSize };
  assert.equal(await revision(), first);
  const other = await gauges(pipelineSettings({ batchSize: 7 }));
  assert.equal(await other.value('watcher_settings_revision'), changed);
});

test('a delay of the event loop is no less than nothing and no more than it took', async () => {
  const { value } = await gauges();
  for (const name of ['watcher_event_loop_delay_p99_seconds', 'watcher_event_loop_delay_max_seconds']) {
    const seconds = await value(name);
    assert.ok(seconds >= 0 && seconds < 60, `${name} ${seconds}`);
  }
});

test('the term of a leader is that of the Lease, ends with it, and each request for the Lease is timed or counted', async () => {
  const metrics = createMetrics();
  const clock = new ManualClock();
  const lease = new MemoryLease(clock);
  const logger = silentLogger();
  const leader = (identity: string, observed = metrics): LeaderElector =>
    new LeaderElector({
      ...{ lease: { namespace: 'agents', name: 'lock' }, identity, clock, random: steadyRandom, logger },
      transport: lease.transportOf(identity),
      events: observeLeadership(observed, logger, { leaseDurationMs: 15_000 }, { beginTerm: () => undefined }),
      observer: observeLease(observed),
    });
  const value = async (name: string) => sumOf((await metrics.expose()).body, name);
  const other = leader('other', createMetrics());
  other.start();
  await clock.advance(1_000);
  const one = leader('one');
  one.start();
  await clock.advance(5_000);
  assert.deepEqual([await value('watcher_leading'), await value('watcher_leader_term')], [0, 0]);
  lease.faults.set('one', 503);
  await clock.advance(10_000);
  assert.ok(((await value('watcher_lease_failures_total')) ?? 0) >= 2);
  lease.faults.delete('one');
  await Promise.all([other.stop(), clock.advance(30_000)]);
  const transitions = lease.lease?.spec['leaseTransitions'];
  assert.ok(typeof transitions === 'number' && transitions > 0);
  assert.deepEqual([await value('watcher_leading'), await value('watcher_leader_term')], [1, transitions]);
  assert.ok(((await value('watcher_lease_request_seconds_count')) ?? 0) > 5);
  await Promise.all([one.stop(), clock.advance(5_000)]);
  assert.deepEqual([await value('watcher_leading'), await value('watcher_leader_term')], [0, 0]);
});
