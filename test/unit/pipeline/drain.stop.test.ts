/**
 * Stopping the drain: what is in flight is finished, what can be told at once is told, the rest stays or is named.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainUnderTest } from '../../support/drain-under-test.ts';

test('what lingers is told at once, without a wait', async (t) => {
  const { drain, append, told, clock } = await drainUnderTest(t, { settingsChange: { batchSize: 2 } });
  drain.start();
  await append('e1');
  await append('e2');
  const report = await drain.stop(5000);
  assert.deepEqual(report, { result: 'empty', left: 0, lost: 0 });
  assert.deepEqual(told(), ['e1', 'e2']);
  assert.equal(clock.pendingTimers, 0);
});

test('what is in flight is finished within the deadline', async (t) => {
  const { drain, append, plane, clock, told } = await drainUnderTest(t);
  plane.mood = { is: 'hanging' };
  drain.start();
  await append('e1');
  const stopping = drain.stop(5000);
  await clock.advance(4000);
  plane.releaseAll();
  await clock.advance(0);
  assert.deepEqual(await stopping, { result: 'empty', left: 0, lost: 0 });
  assert.deepEqual(told(), ['e1']);
});

test('what hangs past the deadline is cut and stays in the outbox', async (t) => {
  const { drain, append, plane, clock, outbox } = await drainUnderTest(t);
  plane.mood = { is: 'hanging' };
  drain.start();
  await append('e1', 'e2');
  const stopping = drain.stop(5000);
  await clock.advance(5000);
  const report = await stopping;
  assert.deepEqual([report.result, report.left], ['deadline', 2]);
  assert.equal(outbox.stats().events, 2);
  await clock.advance(1000);
  assert.equal((await outbox.freeze({ events: 10, bytes: 1000 }))?.attempts, 1);
});

test('a delivery that does not even heed its cut does not keep the stop from ending', async (t) => {
  const { drain, append, clock } = await drainUnderTest(t, { send: () => new Promise(() => undefined) });
  drain.start();
  await append('e1');
  const stopping = drain.stop(5000);
  await clock.advance(6000);
  assert.deepEqual((await stopping).result, 'deadline');
});

test('while the plane is down the stop does not wait for it', async (t) => {
  const { drain, append, plane } = await drainUnderTest(t);
  plane.mood = { is: 'down' };
  drain.start();
  await append('e1', 'e2');
  const requests = plane.requests.length;
  const report = await drain.stop(5000);
  assert.deepEqual([report.result, report.left, plane.requests.length], ['plane-unavailable', 2, requests]);
});

test('the first failure while stopping ends the flush', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t, {
    settingsChange: { batchSize: 1 },
    mostInFlight: 1,
  });
  plane.mood = { is: 'hanging' };
  drain.start();
  await append('e1', 'e2', 'e3');
  const stopping = drain.stop(5000);
  plane.releaseAll();
  plane.mood = { is: 'down' };
  await clock.advance(0);
  const report = await stopping;
  assert.deepEqual([report.result, report.left, plane.requests.length], ['plane-unavailable', 3, 1]);
});

test('a backlog is flushed for as long as the deadline allows', async (t) => {
  const { drain, append, clock, plane } = await drainUnderTest(t, { settingsChange: { batchSize: 10 } });
  await append(...Array.from({ length: 200 }, (_, index) => `e${index}`));
  drain.start();
  const stopping = drain.stop(5000);
  await clock.advance(0);
  assert.deepEqual(await stopping, { result: 'empty', left: 0, lost: 0 });
  assert.equal(plane.told.length, 200);
});

test('events that die with a memory outbox are counted and named', async (t) => {
  const { drain, append, plane, heard } = await drainUnderTest(t);
  plane.mood = { is: 'down' };
  drain.start();
  await append('e1', 'e2');
  assert.equal((await drain.stop(5000)).lost, 2);
  assert.ok(heard.includes('lost e1,e2'));
});

test('a drain that was stopped stays stopped, however often and whatever is appended', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t);
  drain.start();
  await drain.stop(1000);
  await append('e1');
  await clock.advance(10_000);
  assert.deepEqual([plane.requests.length, drain.state], [0, { kind: 'stopped' }]);
  assert.equal((await drain.stop(1000)).left, 1);
});
