/** What strangers name (namespaces, reasons, and whatever else became a label) never makes the scrape grow without end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundLabels } from '../../../internal/metrics/labels.ts';
import { createMetrics, type Metrics } from '../../../internal/metrics/metrics.ts';
import { metricTable, type MetricEntry } from '../../../internal/metrics/table.ts';
import { samplesOf, sumOf } from '../../support/exposition.ts';

/** Of all metrics together, those of the process included. */
const MOST_SERIES = 2_000;
const ATTACKS = 100_000;

const labelled = Object.entries(metricTable as Readonly<Record<string, MetricEntry>>).filter(
  ([, { labels }]) => labels.length > 0,
);

type Loose = Record<'count' | 'set', (name: string, by: number, labels: Record<string, string>) => void>;

/** Every metric that has labels gets `times` values under what `valueOf` says of each of its labels. */
function attack(metrics: Metrics, times: number, valueOf: (index: number, label: string) => string): void {
  const loose = metrics as unknown as Loose;
  for (let index = 0; index < times; index++) {
    for (const [name, { type, labels }] of labelled) {
      const values = Object.fromEntries(labels.map((label, place) => [label, valueOf(index >> place, label)]));
      loose[type === 'counter' ? 'count' : 'set'](name, 1, values);
    }
  }
}

describe('series', () => {
  test('are 2,000 at most, over all metrics and all labels, though each label had 100,000 values', async () => {
    const metrics = createMetrics();
    attack(metrics, ATTACKS, (index, label) => `${label}-${index}`);
    const { body } = await metrics.expose();
    const series = samplesOf(body);
    assert.ok(series.length <= MOST_SERIES, `${series.length} series`);
    for (const [name, { type }] of labelled) {
      if (type === 'counter') assert.equal(sumOf(body, name), ATTACKS, `${name} counts what it does not tell apart`);
    }
  });

  test('are no more for combinations of few values', async () => {
    const metrics = createMetrics();
    for (let namespace = 0; namespace < 200; namespace++) {
      for (let reason = 0; reason < 60; reason++) {
        for (const type of ['Added', 'Modified', 'Deleted']) {
          const labels = { type, reason: `r${reason}`, namespace: `n${namespace}` };
          metrics.count('watcher_events_total', 1, labels);
        }
      }
    }
    const { body } = await metrics.expose();
    const series = samplesOf(body).filter(({ name }) => name === 'watcher_events_total');
    assert.ok(series.length <= 700, `${series.length} series`);
    assert.equal(sumOf(body, 'watcher_events_total'), 200 * 60 * 3);
    const byType = sumOf(body, 'watcher_events_total', { type: 'Added', reason: 'r59' });
    assert.equal(byType, 200, 'what was lost is the namespace, and not the reason');
  });

  test('cost a scrape less than 100 ms where there are the most of them', async () => {
    const metrics = createMetrics();
    attack(metrics, 5_000, (index, label) => `${label}-${index}`.padEnd(128, 'x'));
    const took: number[] = [];
    for (let scrape = 0; scrape < 5; scrape++) {
      const beganMs = performance.now();
      await metrics.expose();
      took.push(performance.now() - beganMs);
    }
    assert.ok(Math.min(...took) < 100, `${took.map(Math.round).join(', ')} ms`);
  });
});

describe('label values', () => {
  test('are escaped, whatever is in them, and say what was meant', async () => {
    const metrics = createMetrics();
    const hostile = ['a"b', 'c\nd', 'e\\f', '} 1\nwatcher_leading 1', '\\"', '🦀', '\ud800', ''];
    for (const namespace of hostile) {
      metrics.count('watcher_events_total', 1, { type: 'Added', reason: 'Error', namespace });
    }
    const { body } = await metrics.expose();
    const told = samplesOf(body).filter(({ name }) => name === 'watcher_events_total');
    assert.deepEqual(
      told.map(({ labels }) => labels['namespace']),
      hostile,
    );
    assert.equal(sumOf(body, 'watcher_leading'), 0);
  });

  test('are cut where they are long', async () => {
    const metrics = createMetrics();
    attack(metrics, 3, (index) => String(index).repeat(100_000));
    const { body } = await metrics.expose();
    assert.ok(samplesOf(body).every(({ labels }) => Object.values(labels).every(({ length }) => length <= 128)));
  });
});

test('combinations beyond the bound lose the label with the most values first, then all', () => {
  const bound = boundLabels(['type', 'namespace'], 2);
  const given = [
    ['a', 'x'],
    ['a', 'y'],
    ['b', 'x'],
    ['c', 'x'],
    ['a', 'y'],
  ];
  assert.deepEqual(
    given.map(([type = '', namespace = '']) => Object.values(bound({ type, namespace })).join(' ')),
    ['a x', 'a y', 'b other', 'other other', 'a y'],
  );
});
