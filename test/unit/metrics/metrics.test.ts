import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { boundLabel } from '../../../internal/metrics/labels.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { metricTable } from '../../../internal/metrics/table.ts';
import { samplesOf } from '../../support/exposition.ts';

describe('metrics', () => {
  test('keep the names and labels of the agent whose place this one takes', () => {
    const kept = {
      watcher_events_total: ['type', 'reason', 'namespace'],
      watcher_reconnects_total: [],
      watcher_restate_requests_total: ['code'],
      watcher_queue_depth: [],
      watcher_events_deduped_total: [],
    };
    for (const [name, labels] of Object.entries(kept)) {
      assert.deepEqual(metricTable[name as keyof typeof kept].labels, labels);
    }
  });

  test('are exposed with help, type and value, beside those of the process and its event loop', async () => {
    const metrics = createMetrics();
    metrics.count('watcher_events_total', 2, { type: 'Modified', reason: 'OOMKilled', namespace: 'shop' });
    metrics.state('watcher_breaker_state', 'state', ['closed', 'open'], 'open');
    const { body, contentType } = await metrics.expose();
    assert.match(contentType, /^text\/plain/);
    assert.match(body, /watcher_events_total\{type="Modified",reason="OOMKilled",namespace="shop"\} 2/);
    assert.match(body, /watcher_breaker_state\{state="open"\} 1/);
    assert.match(body, /watcher_breaker_state\{state="closed"\} 0/);
    assert.match(body, /nodejs_eventloop_lag_p99_seconds/);
    assert.match(body, /process_resident_memory_bytes/);
  });

  test('never mix two agents in one process', async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.set('watcher_queue_depth', 7);
    assert.match((await one.expose()).body, /watcher_queue_depth 7/);
    assert.match((await other.expose()).body, /watcher_queue_depth 0/);
  });

  test('are named as Prometheus names them, without those of Node that end like counters and are none', async () => {
    const { body } = await createMetrics().expose();
    const gauges = [...body.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name = '']) => name);
    assert.deepEqual(
      gauges.filter((name) => name.endsWith('_total')),
      [],
    );
    assert.match(body, /^nodejs_active_resources\{/m);
  });

  test('let go of what is no longer there', async () => {
    const metrics = createMetrics();
    metrics.replace('watcher_pod_watch_age_seconds', 'namespace', [
      ['shop', 1],
      ['bank', 2],
    ]);
    metrics.replace('watcher_pod_watch_age_seconds', 'namespace', [['bank', 3]]);
    const { body } = await metrics.expose();
    assert.match(body, /watcher_pod_watch_age_seconds\{namespace="bank"\} 3/);
    assert.doesNotMatch(body, /namespace="shop"/);
  });

  test('show the worst where a gauge has more values than are shown', async () => {
    const metrics = createMetrics();
    const ages = Array.from({ length: 300 }, (_, index) => [`n${index}`, index] as const);
    metrics.replace('watcher_pod_watch_age_seconds', 'namespace', ages);
    assert.match((await metrics.expose()).body, /watcher_pod_watch_age_seconds\{namespace="other"\} 299/);
  });

  test('show what is there now, however many came and went before', async () => {
    const metrics = createMetrics();
    for (let index = 0; index < 1_000; index++) {
      metrics.replace('watcher_pod_watch_age_seconds', 'namespace', [[`n${index}`, index]]);
    }
    const shown = samplesOf((await metrics.expose()).body).filter(
      ({ name }) => name === 'watcher_pod_watch_age_seconds',
    );
    assert.deepEqual(
      shown.map(({ labels, value }) => [labels, value]),
      [[{ namespace: 'n999' }, 999]],
    );
  });

  test('read their gauges at the moment of the scrape', async () => {
    const metrics = createMetrics();
    metrics.onScrape(() => metrics.set('watcher_queue_depth', 42));
    assert.match((await metrics.expose()).body, /watcher_queue_depth 42/);
  });
});

test('a bounded label passes its first values and turns later ones into other', () => {
  const bound = boundLabel(2);
  assert.deepEqual(['a', 'b', 'c', 'a'].map(bound), ['a', 'b', 'other', 'a']);
});
