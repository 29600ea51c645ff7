/**
 * A firewall before the ingress that cuts the connection when it sees certain words: there is no answer to tell it by.
 * The event is found by what gets through without it, is kept, and holds up nobody. Where nothing gets through it is the
 * network, and every batch keeps its key.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { idsInBody } from '../../support/outbox-event.ts';

const MINUTE_MS = 60_000;
/** A plane that answers a heartbeat each minute. */
const alive = (t: TestContext, settingsChange = {}) => {
  const clock = new ManualClock();
  const answeredElsewhere = (): number => Math.floor(clock.monotonicMs() / MINUTE_MS);
  return drainUnderTest(t, { clock, answeredElsewhere, settingsChange });
};
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `e${from + index}`);

for (const position of [0, 37, 99]) {
  test(`one of 100 at which the connection is cut, at place ${position}: all others are told within minutes`, async (t) => {
    const { drain, append, plane, clock, outbox } = await alive(t);
    plane.cut.add(`e${position}`);
    drain.start();
    await append(...numbered(100));
    await append(...numbered(20, 100));
    await clock.advance(5 * MINUTE_MS);
    const others = numbered(120).filter((id) => !plane.cut.has(id));
    assert.deepEqual([...plane.told].sort(), others.sort());
    assert.deepEqual([outbox.stats().events, outbox.stats().quarantined, plane.repeated], [1, 0, 0]);
  });
}

test('such an event is asked for now and then, slows nobody, and is told once the firewall lets it', async (t) => {
  const { drain, append, plane, clock, outbox } = await alive(t);
  plane.cut.add('e0');
  drain.start();
  await append('e0');
  await append('e1');
  for (let minute = 0; minute < 30; minute++) {
    await append(`next-${minute}`);
    await clock.advance(MINUTE_MS);
  }
  assert.equal(plane.told.length, 31);
  const before = plane.requests.length;
  await append('soon');
  await clock.advance(2000);
  assert.ok(plane.told.includes('soon'), 'what comes after it waits for nothing but the linger');
  await clock.advance(60 * MINUTE_MS);
  assert.ok(plane.requests.length - before < 30, `${plane.requests.length - before} requests in an hour`);
  plane.cut.clear();
  await clock.advance(6 * MINUTE_MS);
  assert.ok(plane.told.includes('e0'));
  assert.deepEqual([outbox.stats().events, outbox.stats().quarantined, plane.repeated], [0, 0, 0]);
});

test('later events of its pod pass it, since it may wait for ever', async (t) => {
  const { drain, append, plane, clock } = await alive(t);
  plane.cut.add('a1');
  drain.start();
  await append(['a1', 'a'], ['b1', 'b']);
  await append(['a2', 'a']);
  await append('other');
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual([...plane.told].sort(), ['a2', 'b1', 'other']);
});

test('many such events in batches of ten are each found, whatever waits', async (t) => {
  const { drain, append, plane, clock, outbox } = await alive(t, { batchSize: 10 });
  for (const id of ['e3', 'e4', 'e27', 'e50', 'e51', 'e99']) plane.cut.add(id);
  drain.start();
  await append(...numbered(100));
  for (let minute = 0; minute < 30; minute++) {
    await append(`next-${minute}`);
    await clock.advance(MINUTE_MS);
  }
  assert.deepEqual([plane.told.length, plane.repeated, outbox.stats().events], [94 + 30, 0, 6]);
});

test('where nothing gets through for a day, each batch keeps its key, and all is told once afterwards', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  drain.start();
  plane.mood = { is: 'mute' };
  await append(...numbered(50));
  await clock.advance(24 * 60 * MINUTE_MS);
  plane.mood = { is: 'well' };
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual([[...plane.told].sort(), plane.repeated, outbox.stats().events], [numbered(50).sort(), 0, 0]);
  const keysOf = (id: string) =>
    new Set(plane.requests.filter(({ body }) => idsInBody(body).includes(id)).map((call) => call.idempotencyKey));
  assert.deepEqual(
    numbered(50).filter((id) => keysOf(id).size > 1),
    [],
  );
});
