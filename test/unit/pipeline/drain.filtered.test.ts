/**
 * A proxy before the ingress that refuses some events for their words, as a web application firewall does: they are found
 * and set aside once others get through, and hold up nobody. Where all is refused it is the credentials, and all is kept.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { idsInBody } from '../../support/outbox-event.ts';

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `e${from + index}`);
const quarantinedIn = (heard: readonly string[]) => heard.filter((line) => line.startsWith('quarantined'));

for (const position of [0, 37, 99]) {
  test(`one of 100 that a proxy refuses, at place ${position}: found within seconds, set aside when the next gets through`, async (t) => {
    const { drain, append, plane, clock, heard, outbox } = await drainUnderTest(t);
    plane.filtered.add(`e${position}`);
    drain.start();
    await append(...numbered(100));
    await append(...numbered(20, 100));
    await clock.advance(10_000);
    assert.ok(plane.told.length === 119, `${plane.told.length} told in ten seconds`);
    await append('e120');
    await clock.advance(36_000);
    assert.deepEqual(quarantinedIn(heard), [`quarantined e${position} refused`]);
    const ids = numbered(121).filter((id) => !plane.filtered.has(id));
    assert.deepEqual([...plane.told].sort(), ids.sort());
    assert.deepEqual([plane.repeated, outbox.stats().events], [0, 0]);
    assert.ok(plane.requests.length <= 25, `${plane.requests.length} requests`);
  });
}

test('an event that a proxy refuses and that comes alone is kept until another gets through', async (t) => {
  const { drain, append, plane, clock, heard, outbox } = await drainUnderTest(t);
  plane.filtered.add('e0');
  drain.start();
  await append('e0');
  await clock.advance(3_600_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [1, 0]);
  assert.ok(plane.requests.length < 130, `${plane.requests.length} requests in an hour`);
  await append('e1');
  await clock.advance(60_000);
  assert.deepEqual([plane.told, quarantinedIn(heard)], [['e1'], ['quarantined e0 refused']]);
});

test('one of a batch that is all there is: the others of it are told, those of its pod as well', async (t) => {
  const { drain, append, plane, clock, outbox, heard } = await drainUnderTest(t);
  plane.filtered.add('a2');
  drain.start();
  await append(['a1', 'a'], ['a2', 'a'], ['a3', 'a'], ['b1', 'b'], ['c1', 'c']);
  await clock.advance(300_000);
  assert.deepEqual([...plane.told].sort(), ['a1', 'a3', 'b1', 'c1']);
  await append('later');
  await clock.advance(60_000);
  assert.deepEqual([quarantinedIn(heard), outbox.stats().events], [['quarantined a2 refused'], 0]);
});

test('where all is refused after an answer was lost, the batch keeps its key, and is done once', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t);
  plane.mood = { is: 'mute' };
  drain.start();
  await append('e1', 'e2');
  plane.mood = { is: 'refusing', reason: 'unauthorized', status: 403 };
  await clock.advance(600_000);
  plane.mood = { is: 'well' };
  await clock.advance(60_000);
  assert.deepEqual([plane.told, plane.repeated], [['e1', 'e2'], 0]);
  assert.equal(new Set(plane.requests.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
});

test('events of many pods that a proxy refuses are each found, and the others flow meanwhile', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  const bad = ['e3', 'e4', 'e27', 'e50', 'e51', 'e99'];
  for (const id of bad) plane.filtered.add(id);
  drain.start();
  await append(...numbered(100));
  await clock.advance(10_000);
  assert.ok(plane.told.length >= 20, `${plane.told.length} told in ten seconds`);
  await append('next');
  await clock.advance(600_000);
  await append('after that');
  await clock.advance(600_000);
  assert.deepEqual((await outbox.quarantined()).map((event) => event.eventId).sort(), [...bad].sort());
  assert.deepEqual([plane.told.length, plane.repeated, outbox.stats().events], [96, 0, 0]);
});

for (const [what, size] of [
  ['alone', 1],
  ['in batches', 10],
] as const) {
  test(`more refused events ${what} than batches may wait do not stop what comes after them`, async (t) => {
    const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: size } });
    const bad = numbered(20).map((id) => `bad-${id}`);
    for (const id of bad) plane.filtered.add(id);
    for (const id of bad) await append(id, ...numbered(size - 1).map((other) => `${id}-${other}`));
    await append('good');
    drain.start();
    await clock.advance(3_600_000);
    assert.ok(plane.told.includes('good'));
    for (let step = 0; step < 60; step++) {
      await append(`next-${step}`);
      await clock.advance(60_000);
    }
    assert.deepEqual((await outbox.quarantined()).map((event) => event.eventId).sort(), [...bad].sort());
    assert.deepEqual([plane.told.length, plane.repeated, outbox.stats().events], [20 * (size - 1) + 61, 0, 0]);
  });
}

test('later events of the pod wait for the refused one, so that its order is kept', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t);
  plane.filtered.add('a1');
  drain.start();
  await append(['a1', 'a']);
  await append(['a2', 'a']);
  await clock.advance(300_000);
  assert.deepEqual(plane.told, [], 'nothing else is there to tell a proxy from credentials');
  plane.filtered.clear();
  await clock.advance(60_000);
  assert.deepEqual(plane.told, ['a1', 'a2']);
});

test('where everything is refused with 403 nothing is set aside, it is asked every 30 s, and all is told afterwards', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  const ids = numbered(300);
  for (const id of ids) plane.filtered.add(id);
  drain.start();
  await append(...ids);
  await clock.advance(3_600_000);
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined], [300, 0]);
  assert.ok(plane.requests.length < 130, `${plane.requests.length} requests in an hour`);
  plane.filtered.clear();
  await clock.advance(60_000);
  assert.deepEqual([[...plane.told].sort(), plane.repeated], [[...ids].sort(), 0]);
});

test('credentials that come and go between requests shred no batch into the quarantine', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  const ids = numbered(50);
  drain.start();
  for (let round = 0; round < 10; round++) {
    for (const id of ids) plane.filtered.add(id);
    await append(...ids.slice(round * 5, round * 5 + 5));
    await clock.advance(120_000);
    plane.filtered.clear();
    await clock.advance(60_000);
  }
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined, plane.repeated], [0, 0, 0]);
  assert.deepEqual(new Set(plane.requests.flatMap(({ body }) => idsInBody(body))), new Set(ids));
});
