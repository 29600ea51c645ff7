import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failedAtMs } from '../../../internal/restate/wire-times.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { anEvent } from '../../support/event-builder.ts';
import { aFinding } from '../../support/finding-builder.ts';

const AT = '2026-01-01T00:00:05.000Z';
const stored = (event: object) => ({ bytes: new TextEncoder().encode(JSON.stringify(event)) });
const timeOf = (parts: Partial<WireEvent>): number | undefined =>
  failedAtMs(stored(anEvent('a', { occurred_at: AT, ...parts })));

describe('the time of a failure, read from the bytes that are sent', () => {
  test('is that of the object', () => {
    assert.equal(timeOf({}), Date.parse(AT));
    assert.equal(timeOf({ incident_class: 'pod' }), Date.parse(AT));
    const context = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };
    const finding = aFinding();
    assert.equal(failedAtMs({ bytes: encodeFinding(finding, context) }), finding.occurredAtMs);
  });

  test('of a start is there where a container has ended of it, and not where it only lasts', () => {
    assert.equal(timeOf({ incident_class: 'start', exit_code: 128 }), Date.parse(AT));
    for (const incident_class of ['start', 'ready', 'schedule', 'terminate', 'node'] as const) {
      assert.equal(timeOf({ incident_class }), undefined, incident_class);
    }
  });

  test('is not there for what is no failure of now: told again, over, a digest, a test', () => {
    for (const type of ['ongoing', 'resolved', 'digest', 'silenced'] as const) {
      assert.equal(timeOf({ type }), undefined, type);
    }
    assert.equal(timeOf({ test: true }), undefined);
  });

  test('is no label of the pod, whatever it is called', () => {
    const { occurred_at: _none, ...untimed } = anEvent('a', { labels: { occurred_at: AT, type: '"type":"failure"' } });
    assert.equal(failedAtMs(stored(untimed)), undefined);
  });

  test('is not there, and nothing breaks, where the bytes are not what they should be', () => {
    const texts = ['', '{', 'null', '[]', '"type":"failure"', '{"event_id":"a","type":"failure"'];
    for (const text of texts) assert.equal(failedAtMs({ bytes: new TextEncoder().encode(text) }), undefined, text);
    assert.equal(timeOf({ occurred_at: 'yesterday' }), undefined);
    assert.equal(failedAtMs(stored({ ...anEvent('a'), occurred_at: 5 })), undefined);
  });
});
