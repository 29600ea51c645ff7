import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delivery } from '../../../internal/pipeline/delivery.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { sendTestEvent } from '../../../internal/restate/test-event.ts';
import { tellOpenIncidents } from '../../../internal/restate/open-incidents.ts';
import { openIncidentsSchema, wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answered, stubPlane } from '../../support/stub-plane.ts';

const never = new AbortController().signal;

describe('a test event', () => {
  const deliveries: Delivery[] = [];
  const options = {
    send: (delivery: Delivery) => {
      deliveries.push(delivery);
      return Promise.resolve({ kind: 'accepted', reason: 'executed', status: 200 } as const);
    },
    clock: new ManualClock(),
    random: systemRandom(),
    agentVersion: '1.2.3',
  };

  test('is a valid event that says what it is, and nobody can take for a pod', async () => {
    const { eventId, outcome } = await sendTestEvent(options, never);
    const event = wireEventSchema.parse(JSON.parse(Buffer.from(deliveries.at(-1)?.body ?? []).toString()));
    assert.deepEqual([event.event_id, event.test, event.severity, outcome.kind], [eventId, true, 'info', 'accepted']);
    assert.doesNotMatch(event.name, /^[a-z0-9.-]+$/);
  });

  test('is another one each time, under another key', async () => {
    const first = await sendTestEvent(options, never);
    const second = await sendTestEvent(options, never);
    assert.notEqual(first.eventId, second.eventId);
    assert.equal(new Set(deliveries.map(({ idempotencyKey }) => idempotencyKey)).size, deliveries.length);
  });
});

test('the open incidents are told as the plane wants them', async () => {
  const { client, calls, bodies } = stubPlane(answered(200));
  const clock = new ManualClock();
  const open = { incidentKeys: ['a', 'b'], observedAtMs: clock.now() };
  assert.equal((await tellOpenIncidents({ client, clusterId: 'c', clock }, open, never)).kind, 'accepted');
  assert.deepEqual(calls[0]?.target, ['ProjectService', 'c', 'onOpenIncidents']);
  assert.deepEqual(openIncidentsSchema.parse(bodies()[0]), {
    observed_at: '2026-01-01T00:00:00.000Z',
    incident_keys: ['a', 'b'],
  });
});
