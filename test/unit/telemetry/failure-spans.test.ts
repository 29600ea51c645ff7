/** What a trace says of a failure, and what it does not say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FailureRecord } from '../../../internal/telemetry/failure-records.ts';
import { failureSpans, type FailureEnd } from '../../../internal/telemetry/failure-spans.ts';

const event = { eventId: 'a'.repeat(32), namespace: 'shop', pod: 'web', podUid: 'uid-1', observedAtMs: 1000 };
const delivered: FailureEnd = { event, as: 'delivered', reason: 'executed', atMs: 5000 };
const record: FailureRecord = {
  seen: { type: 'failure', reason: 'OOMKilled', container: 'app', occurredAtMs: 500, decidedAtMs: 1100 },
  storedAtMs: 1200,
  deliveries: [
    {
      ...{ batchId: 'b1', events: 3, startMs: 1300, endMs: 1400 },
      outcome: { kind: 'retry', reason: 'timeout', status: 0 },
    },
    {
      ...{ batchId: 'b1', events: 3, startMs: 4000, endMs: 4900 },
      outcome: { kind: 'accepted', reason: 'executed', status: 200 },
    },
  ],
  deliveriesLeftOut: 0,
};

describe('the spans of a failure', () => {
  test('are one over all of it, and one for each step with its times', () => {
    const spans = failureSpans(record, delivered).map(({ name, startMs, endMs, error }) => [
      name,
      startMs,
      endMs,
      error,
    ]);
    assert.deepEqual(spans, [
      ['failure', 1000, 5000, undefined],
      ['detect', 1000, 1100, undefined],
      ['append', 1100, 1200, undefined],
      ['deliver', 1300, 1400, 'timeout'],
      ['deliver', 4000, 4900, undefined],
    ]);
  });

  test('say which pod, why, and what became of it', () => {
    const [root, , , first, second] = failureSpans(record, delivered);
    assert.deepEqual(root.attributes, {
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'web',
      'k8s.pod.uid': 'uid-1',
      'k8s.container.name': 'app',
      'watcher.event.id': 'a'.repeat(32),
      'watcher.event.type': 'failure',
      'watcher.event.reason': 'OOMKilled',
      'watcher.event.occurred_at': '1970-01-01T00:00:00.500Z',
      'watcher.settled.as': 'delivered',
      'watcher.settled.reason': 'executed',
    });
    assert.equal(first?.attributes['http.response.status_code'], undefined, 'there was no answer');
    assert.equal(second?.attributes['http.response.status_code'], 200);
  });

  test('are an error where the plane could not take it', () => {
    const [root] = failureSpans(record, { ...delivered, as: 'quarantined', reason: 'invalid' });
    assert.equal(root.error, 'invalid');
  });

  test('leave out what an earlier process did', () => {
    const found = { seen: undefined, storedAtMs: undefined, deliveries: [], deliveriesLeftOut: 0 };
    const [root, ...rest] = failureSpans(found, delivered);
    assert.deepEqual(rest, []);
    assert.ok(!('watcher.event.occurred_at' in root.attributes));
  });
});
