/**
 * Events the plane can't take: found by halving, quarantined only when it is the event and not the plane, trimmed when
 * they are too large. None of it keeps the others from being told, once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Send } from '../../../internal/pipeline/delivery.ts';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { idsInBody, outboxEvent, payloadOf } from '../../support/outbox-event.ts';
import { accepted, invalid } from '../../support/scripted-plane.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`);
const without = (ids: readonly string[], ...poison: string[]) => ids.filter((id) => !poison.includes(id));

for (const position of [0, 1, 49, 50, 98, 99]) {
  test(`one invalid event of 100, at place ${position}: 99 told, it quarantined, in at most 14 further requests`, async (t) => {
    const { drain, append, plane, clock, heard, outbox } = await drainUnderTest(t);
    const ids = numbered(100);
    plane.poison.add(`e${position}`);
    drain.start();
    await append(...ids);
    await clock.advance(10_000);
    assert.deepEqual([...plane.told].sort(), without(ids, `e${position}`).sort());
    assert.deepEqual(
      heard.filter((line) => line.startsWith('quarantined')),
      [`quarantined e${position} invalid`],
    );
    assert.deepEqual([outbox.stats().events, outbox.stats().quarantined, plane.repeated], [0, 1, 0]);
    assert.ok(plane.requests.length <= 15, `${plane.requests.length} requests`);
  });
}

test('many invalid events of one batch are each found, the others told once', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t);
  const ids = numbered(100);
  const poison = ['e0', 'e13', 'e14', 'e50', 'e77', 'e99'];
  for (const id of poison) plane.poison.add(id);
  drain.start();
  await append(...ids);
  await clock.advance(60_000);
  assert.deepEqual([...plane.told].sort(), without(ids, ...poison).sort());
  assert.deepEqual((await outbox.quarantined()).map((event) => event.eventId).sort(), [...poison].sort());
  assert.equal(plane.repeated, 0);
});

test('an invalid event that is all there is, is kept: maybe the plane is what is broken', async (t) => {
  const { drain, append, plane, clock, outbox, heard } = await drainUnderTest(t);
  plane.poison.add('e1');
  drain.start();
  await append('e1');
  await clock.advance(3_600_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [1, 0]);
  assert.ok(plane.requests.length < 150, `${plane.requests.length} requests in an hour`);
  assert.equal(new Set(plane.requests.map((request) => request.idempotencyKey)).size, plane.requests.length);
  await append('e2');
  await clock.advance(120_000);
  assert.deepEqual(plane.told, ['e2']);
  assert.ok(heard.includes('quarantined e1 invalid'));
});

test('an event under suspicion does not hold back later events of its pod', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t);
  plane.poison.add('a1');
  drain.start();
  await append(['a1', 'a'], ['a2', 'a'], ['a3', 'a']);
  await clock.advance(60_000);
  assert.deepEqual([plane.told, outbox.stats().events, outbox.stats().quarantined], [['a2', 'a3'], 0, 1]);
});

test('a plane that breaks while two batches are in flight quarantines nothing of the one that fails', async (t) => {
  let [isBroken, breaks] = [false, (): void => undefined];
  const broken = new Promise<void>((resolve) => (breaks = resolve));
  const send: Send = async ({ body }) => {
    if (idsInBody(body).includes('e0')) await broken;
    return isBroken ? invalid : accepted;
  };
  const { drain, append, clock, heard, outbox } = await drainUnderTest(t, { send });
  drain.start();
  await append(...numbered(20));
  await append('other');
  await clock.advance(2000);
  assert.ok(heard.includes('delivered other executed'), heard.join());
  isBroken = true;
  breaks();
  await clock.advance(3_600_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [20, 0]);
});

test('a plane that calls everything invalid loses nothing, and once it is well everything is told', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  const ids = numbered(300);
  plane.mood = { is: 'rejecting' };
  drain.start();
  await append(...ids);
  await clock.advance(3_600_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [300, 0]);
  assert.ok(plane.requests.length < 300, `${plane.requests.length} requests in an hour`);
  plane.mood = { is: 'well' };
  await clock.advance(300_000);
  assert.deepEqual([...plane.told].sort(), [...ids].sort());
  assert.deepEqual([plane.repeated, outbox.stats().events, outbox.stats().quarantined], [0, 0, 0]);
});

test('more invalid events in a row than batches may wait do not stop what comes after them', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t);
  drain.start();
  for (let index = 0; index < 40; index++) {
    plane.poison.add(`p${index}`);
    await append(`p${index}`);
    await clock.advance(2000);
  }
  await append('good');
  await clock.advance(2_400_000);
  assert.deepEqual(plane.told, ['good']);
  await clock.advance(300_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [0, 40]);
});

test('an event that makes its invocation fail is found after several generations, the others are told', async (t) => {
  const { drain, append, plane, clock, heard, outbox } = await drainUnderTest(t);
  const ids = numbered(20);
  plane.crashing.add('e7');
  drain.start();
  await append(...ids);
  await clock.advance(16_000);
  assert.deepEqual(
    plane.requests.slice(0, 5).map((request) => idsInBody(request.body).length),
    [20, 20, 20, 20, 20],
  );
  await clock.advance(300_000);
  assert.deepEqual([...plane.told].sort(), without(ids, 'e7').sort());
  assert.deepEqual(
    heard.filter((line) => line.startsWith('quarantined')),
    ['quarantined e7 invocation-failed'],
  );
  assert.deepEqual([outbox.stats().events, plane.repeated], [0, 0]);
});

test('an invocation that fails is asked again under another key, and other batches go on meanwhile', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t);
  plane.crashing.add('e1');
  drain.start();
  await append('e1');
  plane.crashing.clear();
  await clock.advance(999);
  await append('e2');
  await clock.advance(1);
  assert.deepEqual([...plane.told].sort(), ['e1', 'e2']);
  const [first, second] = plane.requests;
  assert.deepEqual(first?.body, second?.body);
  assert.notEqual(first?.idempotencyKey, second?.idempotencyKey);
});

test('a batch that is too large is halved until it fits', async (t) => {
  const { drain, append, plane, clock, heard } = await drainUnderTest(t);
  plane.largestBody = payloadOf('e10').length * 5;
  drain.start();
  await append(...numbered(16));
  await clock.advance(0);
  assert.equal(plane.told.length, 16);
  assert.ok(!heard.some((line) => line.startsWith('quarantined')));
});

test('an event too large by itself is trimmed and told; what can not be trimmed any further is quarantined', async (t) => {
  const { drain, append, plane, clock, heard, outbox } = await drainUnderTest(t, {
    trim: (bytes) => (idsInBody(bytes)[0] === 'big' && bytes.length > 100 ? payloadOf('big') : undefined),
  });
  plane.largestBody = 100;
  drain.start();
  await outbox.append([outboxEvent('big', 'a', 500), outboxEvent('huge', 'b', 500)], []);
  await clock.advance(0);
  await append('e1');
  await clock.advance(60_000);
  assert.deepEqual([...plane.told].sort(), ['big', 'e1']);
  assert.ok(heard.includes('trimmed big true'));
  assert.deepEqual(
    heard.filter((line) => line.startsWith('quarantined')),
    ['quarantined huge too-large'],
  );
});
