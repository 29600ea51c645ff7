import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopInOrder, type Stoppable } from '../../../internal/platform/lifecycle.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const part = (name: string, stop: () => Promise<void>): Stoppable => ({ name, stop });

test('parts stop one after the other in their order', async () => {
  const stopped: string[] = [];
  const stop = (name: string): Stoppable => part(name, async () => void stopped.push(await Promise.resolve(name)));
  const results = await stopInOrder(new ManualClock(), 1000, [stop('watch'), stop('drain'), stop('lease')]);
  assert.deepEqual(stopped, ['watch', 'drain', 'lease']);
  assert.ok(results.every(({ result }) => result === 'stopped'));
});

test('a part that throws or hangs is named and keeps no other from stopping', async () => {
  const clock = new ManualClock();
  const stopping = stopInOrder(clock, 1000, [
    part('thrower', () => Promise.reject(new Error('no'))),
    part('sleeper', () => new Promise(() => undefined)),
    part('last', () => Promise.resolve()),
  ]);
  await clock.advance(1000);
  const results = await stopping;
  assert.deepEqual(
    results.map(({ name, result }) => [name, result]),
    [
      ['thrower', 'failed'],
      ['sleeper', 'timed-out'],
      ['last', 'stopped'],
    ],
  );
  assert.equal(clock.pendingTimers, 0);
});

test('all parts together keep to one deadline, and the last ones still get a moment each', async () => {
  const clock = new ManualClock();
  const hang = (name: string): Stoppable => part(name, () => new Promise(() => undefined));
  const stopping = stopInOrder(clock, 1000, [hang('one'), hang('two'), hang('three')]);
  await clock.advance(1500);
  const deadlines = (await stopping).map((result) => (result.result === 'timed-out' ? result.deadlineMs : 0));
  assert.deepEqual(deadlines, [1000, 250, 250]);
});
