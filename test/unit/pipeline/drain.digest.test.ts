// A digest that the plane doesn't take as it is: halved until each part fits, or until the failure to blame stands alone.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { digestId } from '../../../internal/pipeline/identity.ts';
import type { Delivery, DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import type { OutboxEvent } from '../../../internal/pipeline/outbox.ts';
import { digestedIn, digestOf } from '../../../internal/restate/wire-digest.ts';
import { halvesWith } from '../../../internal/restate/wire-digest-halves.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { shrinkEvent } from '../../../internal/restate/wire-trim.ts';
import { drainUnderTest, type DrainUnderTest } from '../../support/drain-under-test.ts';
import { anEvent } from '../../support/event-builder.ts';
import { idsToldBy } from '../../support/storm-rig.ts';
import { accepted, invalid, invocationFailed, tooLarge } from '../../support/scripted-plane.ts';

const FAILURES = 40;
const POISON = 'event-17';
const names = Array.from({ length: FAILURES }, (_, index) => String(index));
const allIds = names.map((name) => `event-${name}`).toSorted();

function stored(event: WireEvent): OutboxEvent {
  const bytes = new TextEncoder().encode(JSON.stringify(event));
  const { event_id: eventId, namespace, name: pod, phase, fingerprint, pod_uid: podUid } = event;
  return { eventId, podUid, namespace, pod, phase, fingerprint, bytes, observedAtMs: 0 };
}

function aDigest(): OutboxEvent {
  const events = names.map((name) => stored(anEvent(name)));
  const digest = digestOf(events, digestId);
  assert.equal(digest?.taken, FAILURES);
  return { ...(events[0] ?? assert.fail()), ...digest };
}

interface Rig extends DrainUnderTest {
  /** Ids of failures that the plane took. */
  readonly taken: string[];
}

/** A drain with one digest before it, and a plane that answers each delivery so. */
async function digestUnderTest(
  t: TestContext,
  answer: (ids: readonly string[], delivery: Delivery) => DeliveryOutcome,
): Promise<Rig> {
  const taken: string[] = [];
  const send = (delivery: Delivery): Promise<DeliveryOutcome> => {
    const parsed = JSON.parse(new TextDecoder().decode(delivery.body)) as WireEvent | WireEvent[];
    const ids = idsToldBy([parsed].flat());
    const outcome = answer(ids, delivery);
    if (outcome.kind === 'accepted') taken.push(...ids);
    return Promise.resolve(outcome);
  };
  const rig = await drainUnderTest(t, { send, trim: shrinkEvent, halve: halvesWith(digestId) });
  await rig.outbox.append([aDigest()], []);
  return { ...rig, taken };
}

async function drainFor(rig: Rig, seconds: number): Promise<void> {
  rig.drain.start();
  for (let second = 0; second < seconds && rig.outbox.stats().events > 0; second++) await rig.clock.advance(1000);
}

/** The failures that were set aside. */
async function setAside({ outbox }: Rig): Promise<string[]> {
  return (await outbox.quarantined()).flatMap((event) => digestedIn(event).map(({ event_id }) => event_id));
}

describe('a digest that stands alone', () => {
  test('and is too large is halved until each part fits: all of it is told, each failure once', async (t) => {
    const rig = await digestUnderTest(t, (_ids, { body }) => (body.length > 2500 ? tooLarge : accepted));
    await drainFor(rig, 60);
    assert.deepEqual(rig.taken.toSorted(), allIds);
    assert.equal(rig.outbox.stats().quarantined, 0);
    assert.ok(rig.heard.includes('split 1 too-large'));
  });

  test('of which no part fits loses one failure at a time into the quarantine, once others got through', async (t) => {
    const rig = await digestUnderTest(t, (ids) => (ids.includes('other') ? accepted : tooLarge));
    rig.drain.start();
    await rig.clock.advance(1000);
    for (let turn = 0; turn < 200 && rig.outbox.stats().events > 0; turn++) {
      if (turn % 10 === 0)
        await rig.outbox.append([stored(anEvent(`o${turn}`, { event_id: 'other', pod_uid: 'other' }))], []);
      await rig.clock.advance(30_000);
    }
    assert.deepEqual((await setAside(rig)).toSorted(), allIds);
    assert.equal((await rig.outbox.quarantined()).length, FAILURES);
  });

  for (const [what, outcome] of [
    ['is invalid', invalid],
    ['makes the invocation fail', invocationFailed],
  ] as const) {
    test(`and of which one failure ${what} is told but for that one, which is set aside`, async (t) => {
      const rig = await digestUnderTest(t, (ids) => (ids.includes(POISON) ? outcome : accepted));
      await drainFor(rig, 600);
      assert.deepEqual(
        rig.taken.toSorted(),
        allIds.filter((id) => id !== POISON),
      );
      assert.deepEqual(await setAside(rig), [POISON]);
      assert.equal(rig.outbox.stats().events, 0);
    });
  }

  test('that is refused in all its parts keeps nothing else from being told', async (t) => {
    const rig = await digestUnderTest(t, (ids) => (ids.includes('other') ? accepted : invalid));
    await drainFor(rig, 300);
    assert.equal(rig.outbox.stats().quarantined, 0);
    assert.ok(rig.outbox.stats().batches <= 17, 'it was halved on and on without anything that speaks for it');
    await rig.outbox.append([stored(anEvent('o', { event_id: 'other', pod_uid: 'other' }))], []);
    await drainFor(rig, 60);
    assert.deepEqual(rig.taken, ['other']);
    await drainFor(rig, 3600);
    assert.deepEqual((await setAside(rig)).toSorted(), allIds);
  });

  test('waits whole in its parts where the plane takes nothing, and is told once it does', async (t) => {
    let isWell = false;
    const rig = await digestUnderTest(t, () => (isWell ? accepted : invalid));
    await drainFor(rig, 300);
    assert.equal(rig.outbox.stats().quarantined, 0);
    isWell = true;
    await drainFor(rig, 300);
    assert.deepEqual(rig.taken.toSorted(), allIds);
  });
});
