// A digest in halves: each failure and each covered id in one of them, whatever it holds.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { digestId } from '../../../internal/pipeline/identity.ts';
import { digestOf } from '../../../internal/restate/wire-digest.ts';
import { halvesWith } from '../../../internal/restate/wire-digest-halves.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { anEvent } from '../../support/event-builder.ts';

const halve = halvesWith(digestId);
const bytesOf = (event: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(event));
const read = (bytes: Uint8Array): WireEvent => JSON.parse(new TextDecoder().decode(bytes)) as WireEvent;

function digestOfAll(events: readonly WireEvent[]): { readonly eventId: string; readonly bytes: Uint8Array } {
  const stored = events.map((event) => ({
    ...{ eventId: event.event_id, podUid: event.pod_uid, namespace: 'shop', pod: event.name, phase: event.phase },
    ...{ fingerprint: 'f', bytes: bytesOf(event), observedAtMs: 0 },
  }));
  const digest = digestOf(stored, digestId);
  assert.ok(digest !== undefined);
  return digest;
}

function halvesOf(events: readonly WireEvent[]): [WireEvent, WireEvent] {
  const halves = halve(digestOfAll(events)) ?? assert.fail('it was not halved');
  const [left, right] = halves.map(({ eventId, bytes, failures }) => {
    const event = read(bytes);
    assert.deepEqual([event.event_id, event.digest?.failures], [eventId, failures]);
    return wireEventSchema.parse(event) as WireEvent;
  });
  return [left ?? assert.fail(), right ?? assert.fail()];
}

describe('a digest', () => {
  test('has two halves, each a digest of its own with what it covers, and the same from the same whole', () => {
    const events = [
      anEvent('a', { observed_at: '2026-01-01T00:00:01.000Z' }),
      anEvent('b', { covers: ['event-b0'], observed_at: '2026-01-01T00:00:02.000Z' }),
      anEvent('c', { covers: ['event-a'], observed_at: '2026-01-01T00:00:03.000Z' }),
    ];
    const [left, right] = halvesOf(events);
    assert.deepEqual(left.covers, ['event-a', 'event-b', 'event-b0']);
    assert.deepEqual(right.covers, ['event-c', 'event-a']);
    assert.deepEqual([left.event_id, right.event_id], [digestId(['event-a', 'event-b']), digestId(['event-c'])]);
    assert.match(left.message, /^2 failures of 2 pods, such as cart-a: /);
    assert.match(right.message, /^1 failures of 1 pods, such as cart-a: /);
    const { first_at, last_at, sample_pods } = right.digest ?? assert.fail();
    assert.deepEqual([first_at, last_at, sample_pods], [events[2]?.observed_at, events[2]?.observed_at, ['cart-c']]);
    assert.deepEqual(halvesOf(events), [left, right]);
  });

  test('has none where it tells of one failure, where it is no digest, and where it can not be read', () => {
    const one = digestOfAll([anEvent('a')]);
    const event = anEvent('a');
    assert.equal(halve(one), undefined);
    assert.equal(halve({ eventId: event.event_id, bytes: bytesOf(event) }), undefined);
    const broken = bytesOf({ event_id: 'x', type: 'digest', covers: [], digest: {} });
    for (const bytes of [new Uint8Array(), bytesOf('[]'), broken, broken.subarray(0, 40)]) {
      assert.equal(halve({ eventId: 'x', bytes }), undefined);
    }
  });

  test('halved until nothing is left to halve holds each failure once and loses no id', () => {
    const failure = fc.record({ covers: fc.array(fc.nat(30).map(String), { maxLength: 4 }) });
    fc.assert(
      fc.property(fc.array(failure, { minLength: 1, maxLength: 40 }), (failures) => {
        const events = failures.map(({ covers }, index) => anEvent(String(index), { covers }));
        const whole = digestOfAll(events);
        const singles: WireEvent[] = [];
        const left = [whole];
        for (let next = left.pop(); next !== undefined; next = left.pop()) {
          const halves = halve(next);
          if (halves === undefined) singles.push(read(next.bytes));
          else left.push(...halves.toReversed());
        }
        const ids = singles.flatMap(({ digest }) => digest?.covered.map(({ event_id }) => event_id) ?? []);
        assert.deepEqual(
          ids,
          events.map(({ event_id }) => event_id),
        );
        assert.deepEqual(
          singles.flatMap(({ covers }) => covers),
          read(whole.bytes).covers,
        );
        assert.ok(singles.every(({ covers, digest }) => covers.includes(digest?.covered[0]?.event_id ?? '-')));
      }),
      { numRuns: 100 },
    );
  });
});
