import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { IncidentClass } from '../../../internal/pipeline/finding.ts';
import { failedAtMs } from '../../../internal/restate/wire-times.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { aFinding, type FindingParts } from '../../support/finding-builder.ts';
import { runs } from '../../support/runs.ts';

const context = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };
const bytesOf = (parts: FindingParts): Uint8Array => encodeFinding(aFinding(parts), context);
const timeOf = (parts: FindingParts): number | undefined => failedAtMs({ bytes: bytesOf(parts) });
const { occurredAtMs: AT_MS } = aFinding();

/** Of a container that has not ended. */
const lasting = { name: 'app', role: 'app', image: 'app:1', exit: undefined } as const;

describe('the time of a failure, read from the bytes that are sent', () => {
  test('is that of the object', () => {
    assert.equal(timeOf({}), AT_MS);
    assert.equal(timeOf({ incidentClass: 'pod', container: undefined }), AT_MS);
  });

  test('of a start is there where a container has ended of it, and not where it only lasts', () => {
    assert.equal(timeOf({ incidentClass: 'start' }), AT_MS);
    for (const incidentClass of ['start', 'ready', 'schedule', 'terminate', 'node'] as const) {
      assert.equal(timeOf({ incidentClass, container: lasting }), undefined, incidentClass);
    }
  });

  test('is not there for what is no failure of now: told again, over, many at once, silenced', () => {
    for (const type of ['ongoing', 'resolved', 'digest', 'silenced'] as const) {
      assert.equal(timeOf({ type }), undefined, type);
    }
  });

  test('is what parsing would find, whatever labels, messages and images say', () => {
    const phrases = [
      '"type":"failure"',
      '"occurred_at":"2020-01-01T00:00:00.000Z",',
      '"incident_class":"crash"',
      '"exit_code":',
      '\\',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...phrases), fc.string())).map((parts) => parts.join(''));
    const key = fc.oneof(fc.constantFrom('occurred_at', 'incident_class', 'exit_code', 'type'), fc.string());
    // As the API server has them: no colon, no quote.
    const value = fc.oneof(
      fc.constantFrom('crash', '2020-01-01T00.00.00.000Z'),
      fc.stringMatching(/^[a-z0-9._-]{0,63}$/),
    );
    const finding = fc.record({
      labels: fc.dictionary(key, value),
      message: text,
      image: text,
      occurredAtMs: fc.constantFrom(0, AT_MS),
      incidentClass: fc.constantFrom<IncidentClass[]>('crash', 'start', 'ready', 'pod'),
      hasExit: fc.boolean(),
    });
    fc.assert(
      fc.property(finding, ({ labels, message, image, occurredAtMs, incidentClass, hasExit }) => {
        const container = { ...lasting, image, ...(hasExit ? { exit: { code: 1, signal: 0 } } : {}) };
        const pod = { labels: new Map(Object.entries(labels)) };
        const isAsked = occurredAtMs !== 0 && (hasExit || incidentClass === 'crash' || incidentClass === 'pod');
        const time = timeOf({ pod, message, occurredAtMs, incidentClass, container });
        assert.equal(time, isAsked ? AT_MS : undefined);
      }),
      { numRuns: runs(500) },
    );
  });

  test('is not there, and nothing breaks, where the bytes are not what they should be', () => {
    const whole = new TextDecoder().decode(bytesOf({}));
    const texts = [
      '',
      '{',
      'null',
      '"type":"failure"',
      whole.slice(0, 300),
      whole.replace('00:00:00.000Z', 'yesterday'),
    ];
    for (const text of texts) assert.equal(failedAtMs({ bytes: new TextEncoder().encode(text) }), undefined, text);
    const impossible = whole.replace('T00:00:00.000Z', 'T99:99:99.000Z');
    assert.equal(failedAtMs({ bytes: new TextEncoder().encode(impossible) }), undefined);
  });
});
