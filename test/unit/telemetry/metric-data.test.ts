/** The agent's metrics as OTLP has them: the same names and values, in its terms. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { metricTable } from '../../../internal/metrics/table.ts';
import { metricDataOf } from '../../../internal/telemetry/metric-data.ts';

const span = { startMs: 1_000.5, endMs: 61_000 };

async function dataOf(fill: (metrics: ReturnType<typeof createMetrics>) => void): Promise<Map<string, MetricData>> {
  const metrics = createMetrics();
  fill(metrics);
  const data = metricDataOf(await metrics.families(), span);
  return new Map(data.map((each) => [each.descriptor.name, each]));
}

describe('metrics for OTLP', () => {
  test('are counters as monotonic sums since the start, with their labels', async () => {
    const data = await dataOf((metrics) => {
      metrics.count('watcher_deliveries_total', 2, { outcome: 'retry', reason: 'timeout' });
    });
    const sum = data.get('watcher_deliveries_total');
    assert.ok(sum?.dataPointType === DataPointType.SUM && sum.isMonotonic);
    assert.equal(sum.aggregationTemporality, AggregationTemporality.CUMULATIVE);
    assert.deepEqual(sum.dataPoints, [
      {
        startTime: [1, 500_000],
        endTime: [61, 0],
        attributes: { outcome: 'retry', reason: 'timeout' },
        value: 2,
      },
    ]);
  });

  test('are histograms with their own buckets, of which each has its own count', async () => {
    const data = await dataOf((metrics) => {
      for (const seconds of [0.001, 0.3, 0.3, 1000]) metrics.observe('watcher_accept_seconds', seconds);
    });
    const histogram = data.get('watcher_accept_seconds');
    assert.ok(histogram?.dataPointType === DataPointType.HISTOGRAM);
    const { buckets, count, sum } = histogram.dataPoints[0]?.value ?? assert.fail();
    assert.deepEqual([count, sum], [4, 1000.601]);
    assert.deepEqual(buckets.boundaries, [...metricTable.watcher_accept_seconds.buckets]);
    assert.equal(buckets.counts.length, buckets.boundaries.length + 1);
    assert.equal(buckets.counts[0], 1);
    assert.equal(buckets.counts[buckets.boundaries.indexOf(0.5)], 2);
    assert.equal(buckets.counts.at(-1), 1);
    assert.equal(
      buckets.counts.reduce((all, one) => all + one, 0),
      4,
    );
  });

  test('have every name of the text exposition that has a value', async () => {
    const metrics = createMetrics();
    metrics.set('watcher_queue_depth', 3);
    const { body } = await metrics.expose();
    const names = metricDataOf(await metrics.families(), span).map(({ descriptor }) => descriptor.name);
    const exposed = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const withValue = exposed.filter((name) => new RegExp(`^${name}(_count)?(\\{.*\\})? [^N]`, 'm').test(body));
    assert.deepEqual(names.toSorted(), withValue.toSorted());
  });

  test('leave out what JSON has no word for, and only that', async () => {
    const data = await dataOf((metrics) => {
      metrics.set('watcher_queue_depth', Number.NaN);
      metrics.set('watcher_pods', Number.POSITIVE_INFINITY);
      metrics.set('watcher_leading', 1);
    });
    assert.deepEqual(
      [data.has('watcher_queue_depth'), data.has('watcher_pods'), data.has('watcher_leading')],
      [false, false, true],
    );
  });

  test('are read anew before each export', async () => {
    const metrics = createMetrics();
    let depth = 0;
    metrics.onScrape(() => metrics.set('watcher_queue_depth', ++depth));
    await metrics.families();
    const family = (await metrics.families()).find(({ name }) => name === 'watcher_queue_depth');
    assert.deepEqual(family?.points, [{ labels: {}, value: 2 }]);
  });
});
