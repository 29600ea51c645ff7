/**
 * When a batch is closed: one table of every reason, and the properties that hold over all inputs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideBatch, type BatchDecision, type BatchingState } from '../../../internal/pipeline/batcher.ts';

const limits = { events: 100, bytes: 10_000, lingerMs: 1000 };
const few: BatchingState = { events: 3, bytes: 900, oldestWaitedMs: 10, sinceClosedMs: 200, isStopping: false };
const close = (reason: string) => ({ close: true, reason });

const table: readonly (readonly [string, Partial<BatchingState>, object])[] = [
  ['nothing is loose', { events: 0, bytes: 0 }, { close: false, reason: 'empty' }],
  ['nothing is loose while stopping', { events: 0, bytes: 0, isStopping: true }, { close: false, reason: 'empty' }],
  ['the very first failure leaves at once', { oldestWaitedMs: 0, sinceClosedMs: Infinity }, close('quiet')],
  ['the first failure after quiet leaves at once', { oldestWaitedMs: 0, sinceClosedMs: 1000 }, close('quiet')],
  ['what follows it lingers', {}, { close: false, reason: 'lingering', waitMs: 800 }],
  ['just before the linger is over', { sinceClosedMs: 999 }, { close: false, reason: 'lingering', waitMs: 1 }],
  ['the linger ends with the time since the last batch', { sinceClosedMs: 1000 }, close('age')],
  ['what could not leave for longer leaves now', { sinceClosedMs: 3, oldestWaitedMs: 1000 }, close('age')],
  ['a full batch', { events: 100 }, close('count')],
  ['more than a full batch', { events: 5000, sinceClosedMs: 0 }, close('count')],
  ['one event short of a full batch', { events: 99 }, { close: false, reason: 'lingering', waitMs: 800 }],
  ['the body with its commas is full', { bytes: 9996 }, close('bytes')],
  ['the body is one byte short', { bytes: 9995 }, { close: false, reason: 'lingering', waitMs: 800 }],
  ['stopping: no linger', { isStopping: true }, close('stopping')],
];

for (const [name, change, expected] of table) {
  test(`batching: ${name}`, () => {
    assert.deepEqual(decideBatch({ ...few, ...change }, limits), expected);
  });
}

test('without a linger nothing waits', () => {
  assert.deepEqual(decideBatch({ ...few, sinceClosedMs: 0 }, { ...limits, lingerMs: 0 }), close('age'));
});

test('whatever the figures, a wait is above 0 and at most the linger, and only loose events are ever closed', () => {
  const ms = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(Infinity));
  const state = fc.record({
    ...{ events: fc.nat(300), bytes: fc.nat(20_000), isStopping: fc.boolean() },
    ...{ oldestWaitedMs: fc.nat(5000), sinceClosedMs: ms },
  });
  fc.assert(
    fc.property(state, fc.integer({ min: 0, max: 3000 }), (given, lingerMs) => {
      const decision: BatchDecision = decideBatch(given, { ...limits, lingerMs });
      if (decision.close) assert.ok(given.events > 0);
      else if (decision.reason === 'empty') assert.equal(given.events, 0);
      else assert.ok(decision.waitMs > 0 && decision.waitMs <= lingerMs);
    }),
  );
});
