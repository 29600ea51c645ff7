/**
 * All transitions of the drain's states in one table.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allowedInFlight,
  nextDrainState,
  type DrainEvent,
  type DrainState,
} from '../../../internal/pipeline/drain-state.ts';

const running: DrainState = { kind: 'running' };
const pausing: DrainState = { kind: 'pausing', reason: 'network', untilMs: 100 };
const outboxPause: DrainState = { kind: 'pausing', reason: 'outbox-failed', untilMs: 100 };
const probing: DrainState = { kind: 'probing', reason: 'network' };
const flushing: DrainState = { kind: 'stopping', isFlushing: true };
const finishing: DrainState = { kind: 'stopping', isFlushing: false };
const stopped: DrainState = { kind: 'stopped' };

const accepted: DrainEvent = { type: 'accepted' };
const failed: DrainEvent = { type: 'failed', reason: 'timeout', untilMs: 50 };
const failedLater: DrainEvent = { type: 'failed', reason: 'timeout', untilMs: 200 };
const over: DrainEvent = { type: 'pause-over' };
const stop: DrainEvent = { type: 'stop' };
const ended: DrainEvent = { type: 'stopped' };

const until = (untilMs: number): DrainState => ({ kind: 'pausing', reason: 'timeout', untilMs });

const table: readonly (readonly [DrainState, DrainEvent, DrainState])[] = [
  [running, accepted, running],
  [running, failed, until(50)],
  [running, over, running],
  [running, stop, flushing],
  [pausing, accepted, running],
  [pausing, failed, pausing],
  [pausing, failedLater, until(200)],
  [pausing, over, probing],
  [pausing, stop, finishing],
  [outboxPause, accepted, outboxPause],
  [probing, accepted, running],
  [probing, failed, until(50)],
  [probing, over, probing],
  [probing, stop, finishing],
  [flushing, accepted, flushing],
  [flushing, failed, finishing],
  [flushing, over, flushing],
  [flushing, stop, flushing],
  [finishing, accepted, finishing],
  [finishing, failed, finishing],
  [finishing, over, finishing],
  [finishing, stop, finishing],
  [stopped, accepted, stopped],
  [stopped, failed, stopped],
  [stopped, over, stopped],
  [stopped, stop, stopped],
  [running, ended, stopped],
  [pausing, ended, stopped],
  [flushing, ended, stopped],
];

for (const [before, event, after] of table) {
  test(`drain: ${JSON.stringify(before)} on ${JSON.stringify(event)} becomes ${JSON.stringify(after)}`, () => {
    assert.deepEqual(nextDrainState(before, event), after);
  });
}

test('how many may be in flight follows from the state', () => {
  const allowed = [running, probing, flushing, finishing, pausing, stopped].map((state) => allowedInFlight(state, 3));
  assert.deepEqual(allowed, [3, 1, 3, 0, 0, 0]);
});
