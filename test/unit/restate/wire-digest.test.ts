// A digest on the wire: every id accounted for, within its bounds, whatever its events hold.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { digestId } from '../../../internal/pipeline/identity.ts';
import type { OutboxEvent } from '../../../internal/pipeline/outbox.ts';
import { DIGEST_BYTES, DIGEST_IDS, DIGEST_PODS } from '../../../internal/platform/limits.ts';
import { digestedIn, digestOf } from '../../../internal/restate/wire-digest.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { shrinkEvent } from '../../../internal/restate/wire-trim.ts';
import { anEvent } from '../../support/event-builder.ts';

function stored(event: WireEvent): OutboxEvent {
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  const { event_id: eventId, namespace, name: pod, phase, fingerprint } = event;
  return { eventId, podUid: event.pod_uid, namespace, pod, phase, fingerprint, bytes, observedAtMs: 0 };
}

const read = (bytes: Uint8Array): WireEvent => JSON.parse(new TextDecoder().decode(bytes)) as WireEvent;

function digestOfAll(events: readonly WireEvent[]): { readonly event: WireEvent; readonly taken: number } {
  const digest = digestOf(events.map(stored), digestId);
  assert.ok(digest !== undefined);
  const event = read(digest.bytes);
  assert.equal(event.event_id, digest.eventId);
  return { event, taken: digest.taken };
}

describe('a digest', () => {
  const second = '2026-01-01T00:00:01.000Z';

  test('is the event of the first failure, with counts, times, sample pods and each failure', () => {
    const events = [
      anEvent('a', { reason: 'ErrImagePull', severity: 'warning', observed_at: second, scope: 'node n' }),
      anEvent('b', { reason: 'ImagePullBackOff', covers: ['event-b0'], severity: 'critical' }),
      anEvent('c', { reason: 'ErrImagePull', severity: 'info', name: 'cart-a', scope: 'node n' }),
    ];
    const { event, taken } = digestOfAll(events);
    assert.equal(taken, 3);
    assert.deepEqual(event, {
      ...events[0],
      event_id: digestId(['event-a', 'event-b', 'event-c']),
      type: 'digest',
      severity: 'critical',
      message: '3 failures of 2 pods, such as cart-a: memory limit reached',
      observed_at: second,
      covers: ['event-a', 'event-b', 'event-b0', 'event-c'],
      digest: {
        ...{ failures: 3, pods: 2, first_at: '2026-01-01T00:00:00.000Z', last_at: second },
        sample_pods: ['cart-a', 'cart-b'],
        covered: [
          { event_id: 'event-a', incident_key: 'incident-a', name: 'cart-a', observed_at: second },
          {
            ...{
              event_id: 'event-b',
              incident_key: 'incident-b',
              name: 'cart-b',
              observed_at: '2026-01-01T00:00:00.000Z',
            },
            ...{ reason: 'ImagePullBackOff', scope: '' },
          },
          { event_id: 'event-c', incident_key: 'incident-c', name: 'cart-a', observed_at: '2026-01-01T00:00:00.000Z' },
        ],
      },
    });
  });

  test('says what it tells of to whoever has its bytes; other events say nothing', () => {
    const events = [anEvent('a', { message: '"type":"digest"' }), anEvent('b')];
    const digest = digestOf(events.map(stored), digestId);
    assert.ok(digest !== undefined);
    assert.deepEqual(
      digestedIn(digest).map(({ event_id, name }) => [event_id, name]),
      [
        ['event-a', 'cart-a'],
        ['event-b', 'cart-b'],
      ],
    );
    for (const event of events) assert.deepEqual(digestedIn(stored(event)), []);
    const torn = { eventId: digest.eventId, bytes: digest.bytes.subarray(0, -9) };
    assert.deepEqual(digestedIn(torn), []);
  });

  test('is not made where one of its events can not be read', () => {
    const torn = { ...stored(anEvent('b')), bytes: new TextEncoder().encode('{') };
    for (const bad of [torn, { ...torn, bytes: new TextEncoder().encode('null') }]) {
      assert.equal(digestOf([stored(anEvent('a')), bad], digestId), undefined);
    }
  });

  test('keeps every id where the plane takes none that large', () => {
    const { event } = digestOfAll(
      Array.from({ length: 100 }, (_, index) => anEvent(`e${index}`, { message: 'm'.repeat(4000) })),
    );
    const smaller = shrinkEvent(new TextEncoder().encode(JSON.stringify(event)));
    assert.ok(smaller !== undefined);
    assert.deepEqual(read(smaller).covers, event.covers);
    assert.deepEqual(read(smaller).digest, event.digest);
  });

  test('leaves to the next what does not fit', () => {
    const reason = 'r'.repeat(3000);
    const events = Array.from({ length: 200 }, (_, index) => anEvent(`e${index}`, index === 0 ? {} : { reason }));
    assert.equal(digestOfAll(events).taken, 50);
    const covers = Array.from({ length: 9 }, (_, index) => `c${index}`);
    assert.equal(digestOfAll(events.map((event) => ({ ...event, covers, reason: 'r' }))).taken, DIGEST_IDS / 10);
  });

  test('stays within its bounds, takes events in order and at least one, and is what a plane takes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const parts = fc.record({
      ...{ message: text, reason: text, namespace: text.map((word) => word.slice(0, 60)) },
      covers: fc.array(fc.string({ minLength: 1, maxLength: 200 }), { maxLength: 200 }),
      severity: fc.constantFrom('info', 'warning', 'critical'),
    });
    fc.assert(
      fc.property(fc.array(parts, { minLength: 2, maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (all, times) => {
        const events = Array.from({ length: times }, () => all)
          .flat()
          .map((one, index) => anEvent(String(index), one as Partial<WireEvent>));
        const { event, taken } = digestOfAll(events);
        const of = events.slice(0, taken);
        assert.ok(taken >= 1);
        assert.ok(taken === 1 || event.covers.length <= DIGEST_IDS);
        assert.ok(Buffer.byteLength(JSON.stringify(event)) <= DIGEST_BYTES);
        assert.deepEqual(
          event.digest?.covered.map(({ event_id }) => event_id),
          of.map(({ event_id }) => event_id),
        );
        assert.deepEqual(
          event.covers,
          of.flatMap(({ event_id, covers }) => [event_id, ...covers]),
        );
        assert.ok(event.digest.sample_pods.length <= DIGEST_PODS);
        assert.ok(wireEventSchema.safeParse(event).success);
      }),
      { numRuns: 15 },
    );
  });
});
