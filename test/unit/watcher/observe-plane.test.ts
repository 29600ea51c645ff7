/** What the drain's work becomes in metrics and in the audit log. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { observeDrain } from '../../../cmd/watcher/observe-plane.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { outboxEvent } from '../../support/outbox-event.ts';

const HOUR_MS = 3_600_000;

async function observed(t: TestContext) {
  const metrics = createMetrics();
  const clock = new ManualClock();
  const { logger, lines } = collectingLogger();
  const observer = observeDrain({ metrics, logger, auditLogger: logger, clock, isDryRun: false });
  const under = await drainUnderTest(t, { observer, clock });
  const value = async (series: string): Promise<number> => {
    const { body } = await metrics.expose();
    return Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 0,
    );
  };
  const audit = (): unknown[] =>
    lines.filter(({ msg }) => msg === 'AUDIT EVENT').map((line) => [line['event_id'], line['delivery_status']]);
  return { ...under, value, audit };
}

test('events of more than 24 hours are delivered, and counted as past the keys the plane remembers', async (t) => {
  const { drain, outbox, clock, plane, value } = await observed(t);
  drain.start();
  const aged = (id: string, ageMs: number) => ({ ...outboxEvent(id), observedAtMs: clock.now() - ageMs });
  await outbox.append([aged('young', 23 * HOUR_MS)], []);
  await clock.advance(1000);
  assert.deepEqual([await value('watcher_events_past_keys_total'), plane.told], [0, ['young']]);
  await outbox.append([aged('old', 25 * HOUR_MS), aged('older', 200 * HOUR_MS)], []);
  await clock.advance(1000);
  assert.equal(await value('watcher_events_past_keys_total'), 2);
  assert.equal(await value('watcher_events_delivered_total'), 3);
});

test('what a proxy refuses is counted as quarantined by that reason, and audited once like what is delivered', async (t) => {
  const { drain, append, clock, plane, value, audit } = await observed(t);
  plane.filtered.add('bad');
  drain.start();
  await append('bad');
  await clock.advance(10_000);
  await append('good');
  await clock.advance(60_000);
  assert.equal(await value('watcher_events_quarantined_total{reason="refused"}'), 1);
  assert.deepEqual(audit(), [
    ['good', 'delivered'],
    ['bad', 'quarantined'],
  ]);
});
