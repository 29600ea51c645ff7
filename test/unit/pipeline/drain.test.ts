/**
 * The drain's loop: when batches leave, how many are in flight, what happens when the plane or the outbox fails.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../internal/platform/errors.ts';
import { quietDrainObserver } from '../../../internal/pipeline/drain-observer.ts';
import { openMemoryOutbox } from '../../../internal/pipeline/outbox-memory.ts';
import { drainUnderTest, steadyRandom } from '../../support/drain-under-test.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { idsInBody, outboxEvent } from '../../support/outbox-event.ts';

const batches = (requests: readonly { body: Uint8Array }[]) => requests.map((request) => idsInBody(request.body));

test('the first failure after quiet leaves at once, what follows it lingers and goes together', async (t) => {
  const { drain, append, plane, clock, heard } = await drainUnderTest(t);
  drain.start();
  await append('e1');
  assert.deepEqual(batches(plane.requests), [['e1']]);
  await append('e2');
  await clock.advance(500);
  await append('e3');
  assert.equal(plane.requests.length, 1);
  await clock.advance(500);
  assert.deepEqual(batches(plane.requests), [['e1'], ['e2', 'e3']]);
  await clock.advance(1000);
  await append('e4');
  assert.deepEqual(batches(plane.requests).at(-1), ['e4']);
  assert.deepEqual(
    heard.filter((line) => line.startsWith('frozen')),
    ['frozen 1 quiet', 'frozen 2 age', 'frozen 1 quiet'],
  );
});

test('a full batch leaves without lingering', async (t) => {
  const { drain, append, plane } = await drainUnderTest(t, { settingsChange: { batchSize: 3 } });
  drain.start();
  await append('e1');
  await append('e2', 'e3', 'e4', 'e5');
  assert.deepEqual(batches(plane.requests), [['e1'], ['e2', 'e3', 'e4']]);
});

test('what the outbox held before the start is delivered', async (t) => {
  const { drain, append, clock, told } = await drainUnderTest(t);
  await append('e1', 'e2');
  drain.start();
  await clock.advance(0);
  assert.deepEqual(told(), ['e1', 'e2']);
});

test('at most two batches are in flight, and none shares a pod with another', async (t) => {
  const { drain, append, plane, clock, told } = await drainUnderTest(t, { settingsChange: { batchSize: 2 } });
  plane.mood = { is: 'hanging' };
  drain.start();
  await append(['a1', 'a'], ['a2', 'a'], ['a3', 'a'], ['b1', 'b'], ['a4', 'a'], ['c1', 'c'], ['d1', 'd']);
  assert.deepEqual(batches(plane.requests), [
    ['a1', 'a2'],
    ['b1', 'c1'],
  ]);
  plane.releaseAll();
  await clock.advance(1000);
  assert.deepEqual(told(), ['a1', 'a2', 'b1', 'c1', 'a3', 'a4', 'd1']);
  assert.equal(plane.mostInFlight, 2);
});

test('each event that reached its final state is told of once, after the outbox has let it go', async (t) => {
  const { drain, append, heard } = await drainUnderTest(t);
  drain.start();
  await append('e1', 'e2');
  assert.deepEqual(heard, ['frozen 2 quiet', 'delivered e1 executed', 'delivered e2 executed']);
});

test('while the plane is down everything is kept, asked for ever more slowly, then delivered oldest first', async (t) => {
  const { drain, append, plane, clock, heard, told, outbox } = await drainUnderTest(t);
  plane.mood = { is: 'down' };
  drain.start();
  await append('e1');
  await clock.advance(3600_000);
  const attempts = plane.requests.length;
  assert.ok(attempts >= 110 && attempts <= 130, `${attempts} attempts in an hour, one in 30 s at the end`);
  assert.deepEqual(new Set(plane.requests.map((request) => request.idempotencyKey)).size, 1);
  await append('e2', 'e3');
  assert.equal(outbox.stats().events, 3);
  plane.mood = { is: 'well' };
  await clock.advance(30_000);
  assert.deepEqual(told(), ['e1', 'e2', 'e3']);
  assert.deepEqual(drain.state, { kind: 'running' });
  assert.deepEqual(heard.slice(0, 4), ['frozen 1 quiet', 'pausing network', 'retried 1 network', 'probing']);
});

test('after an outage one batch goes ahead alone until the plane has accepted it', async (t) => {
  const { drain, append, plane, clock } = await drainUnderTest(t, { settingsChange: { batchSize: 1 } });
  plane.mood = { is: 'down' };
  drain.start();
  await append('e1', 'e2', 'e3');
  plane.mood = { is: 'hanging' };
  await clock.advance(10_000);
  assert.deepEqual(drain.state, { kind: 'probing', reason: 'network' });
  assert.equal(plane.inFlight, 1);
  plane.releaseAll();
  await clock.advance(0);
  assert.equal(plane.told.length, 3);
});

test('a pause the plane asks for is honoured', async (t) => {
  const { drain, append, plane, clock, told } = await drainUnderTest(t);
  plane.mood = { is: 'down', afterMs: 20_000 };
  drain.start();
  await append('e1');
  plane.mood = { is: 'well' };
  await clock.advance(19_999);
  assert.equal(told().length, 0);
  await clock.advance(1);
  assert.deepEqual(told(), ['e1']);
});

test('no pause the plane asks for is cut short by the jitter', async (t) => {
  const random = { ...steadyRandom, next: () => 0 };
  const { drain, plane, append, clock } = await drainUnderTest(t, { random });
  plane.mood = { is: 'down', afterMs: 20_000 };
  drain.start();
  await append('e1');
  await clock.advance(19_999);
  assert.equal(plane.requests.length, 1);
  await clock.advance(4_002);
  assert.equal(plane.requests.length, 2);
});

test('after an outage the oldest goes first, however the jitter falls', async (t) => {
  for (const jitters of [
    [0, 0.5],
    [0.5, 0],
    [0.9, 0.4, 0.1],
  ]) {
    let draws = 0;
    const random = { ...steadyRandom, next: () => jitters[draws++ % jitters.length] ?? 0.5 };
    const settingsChange = { batchSize: 1 };
    const { drain, plane, append, clock, told } = await drainUnderTest(t, { random, settingsChange });
    plane.mood = { is: 'down' };
    drain.start();
    await append('e1', 'e2', 'e3', 'e4', 'e5', 'e6');
    await clock.advance(10 * 60_000);
    plane.mood = { is: 'well' };
    await clock.advance(60_000);
    assert.deepEqual(told(), ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'], `jitters ${jitters.join()}`);
  }
});

test('a plane that refuses us is asked every 30 s, and nothing is given up', async (t) => {
  const { drain, append, plane, clock, told, heard } = await drainUnderTest(t);
  plane.mood = { is: 'refusing', reason: 'unauthorized' };
  drain.start();
  await append('e1', 'e2');
  await clock.advance(3_000_000);
  assert.equal(plane.requests.length, 101);
  assert.ok(heard.includes('retried 2 unauthorized') && heard.includes('pausing unauthorized'));
  plane.mood = { is: 'well' };
  await clock.advance(30_000);
  assert.deepEqual(told(), ['e1', 'e2']);
});

test('the clock set forward or back changes no wait', async (t) => {
  const { drain, append, plane, clock, told } = await drainUnderTest(t);
  plane.mood = { is: 'down' };
  drain.start();
  await append('e1');
  clock.jumpWallClock(-3_600_000);
  plane.mood = { is: 'well' };
  await clock.advance(999);
  clock.jumpWallClock(7_200_000);
  assert.equal(told().length, 0);
  await clock.advance(1);
  assert.deepEqual(told(), ['e1']);
});

test('events older than the plane keeps keys are sent all the same, and counted', async (t) => {
  const seen: boolean[] = [];
  const { drain, append, plane } = await drainUnderTest(t, {
    observer: {
      ...quietDrainObserver(),
      accepted: (_batch, _reason, isPastKeys) => seen.push(isPastKeys),
    },
  });
  drain.start();
  await append('e1');
  assert.deepEqual([seen, plane.told], [[true], ['e1']], 'test events are from 2023');
});

test('a batch is at most 1 MiB and batch_size events, whatever waits', async (t) => {
  const { drain, outbox, plane, clock } = await drainUnderTest(t, { settingsChange: { batchSize: 1000 } });
  const large = Array.from({ length: 300 }, (_, index) => outboxEvent(`e${index}`, `p${index}`, 8 * 1024));
  const small = Array.from({ length: 2500 }, (_, index) => outboxEvent(`s${index}`, `q${index}`));
  await outbox.append([...large, ...small], []);
  drain.start();
  await clock.advance(10_000);
  assert.equal(plane.told.length, 2800);
  assert.ok(plane.requests.every(({ body, events }) => body.length <= 1024 * 1024 && events <= 1000));
  assert.ok(plane.requests.length <= 7, `${plane.requests.length} requests`);
});

test('settings are read at each use', async (t) => {
  let batchSize = 2;
  const settings = { dedupCooldownMs: 0, batchFlushMs: 1000, enabledReasons: [], eventTypes: [] };
  const { drain, append, plane } = await drainUnderTest(t, {
    settings: { current: () => ({ ...settings, batchSize }) },
  });
  drain.start();
  await append('e1');
  await append('e2', 'e3');
  batchSize = 4;
  await append('e4', 'e5', 'e6', 'e7');
  assert.deepEqual(batches(plane.requests), [['e1'], ['e2', 'e3'], ['e4', 'e5', 'e6', 'e7']]);
});

test('a delivery that throws is an attempt that failed', async (t) => {
  let isFirst = true;
  const sent: string[] = [];
  const { drain, append, clock } = await drainUnderTest(t, {
    send: (delivery) => {
      if (isFirst) {
        isFirst = false;
        throw new TypeError('a bug');
      }
      sent.push(...idsInBody(delivery.body));
      return Promise.resolve({ kind: 'accepted', reason: 'executed', status: 200 });
    },
  });
  drain.start();
  await append('e1');
  await clock.advance(1000);
  assert.deepEqual(sent, ['e1']);
});

test('what was accepted is not sent again because noting it failed: it is noted later', async (t) => {
  const clock = new ManualClock();
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 1e6, onNotice: () => undefined });
  let failures = 3;
  const acknowledge = outbox.acknowledge.bind(outbox);
  outbox.acknowledge = (batchId) => {
    if (failures-- > 0) return Promise.reject(new CodedError('OUTBOX_FULL', 'no space left on device'));
    return acknowledge(batchId);
  };
  const under = await drainUnderTest(t, { outbox, clock });
  under.drain.start();
  await outbox.append([outboxEvent('e1')], []);
  await clock.advance(10_000);
  assert.deepEqual([under.plane.requests.length, outbox.stats().events], [1, 0]);
  assert.equal(under.heard.filter((line) => line === 'outbox failed').length, 3);
});

test('an outbox that fails to freeze is asked again after a pause', async (t) => {
  const clock = new ManualClock();
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 1e6, onNotice: () => undefined });
  const freeze = outbox.freeze.bind(outbox);
  let asked = 0;
  outbox.freeze = (limits) => {
    asked += 1;
    return asked <= 5 ? Promise.reject(new CodedError('OUTBOX_BROKEN', 'disk I/O error')) : freeze(limits);
  };
  const { drain, told } = await drainUnderTest(t, { outbox, clock });
  drain.start();
  await outbox.append([outboxEvent('e1')], []);
  await clock.advance(10_000);
  assert.deepEqual(told(), ['e1']);
  assert.ok(asked < 20, `asked ${asked} times`);
});
