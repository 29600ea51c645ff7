import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rateLimit } from '../../../internal/kubernetes/rate-limit.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the limit of our own requests', () => {
  test('a burst goes at once, the rest at the rate, in order', async () => {
    const clock = new ManualClock();
    const limit = rateLimit(clock, 10, 3);
    const went: number[] = [];
    for (let index = 0; index < 6; index++) void limit.take().then(() => went.push(index));
    await clock.advance(0);
    assert.deepEqual(went, [0, 1, 2]);
    await clock.advance(100);
    assert.deepEqual(went, [0, 1, 2, 3]);
    await clock.advance(200);
    assert.deepEqual(went, [0, 1, 2, 3, 4, 5]);
  });

  test('what is not used is saved up to the burst and no further', async () => {
    const clock = new ManualClock();
    const limit = rateLimit(clock, 10, 2);
    await clock.advance(3_600_000);
    let went = 0;
    for (let index = 0; index < 5; index++) void limit.take().then(() => (went += 1));
    await clock.advance(0);
    assert.equal(went, 2);
  });

  test('who gives up while waiting gives the turn back', async () => {
    const clock = new ManualClock();
    const limit = rateLimit(clock, 1, 1);
    await limit.take();
    const controller = new AbortController();
    const reason = new Error('enough');
    const refused = assert.rejects(limit.take(controller.signal), reason);
    controller.abort(reason);
    await refused;
    let went = false;
    void limit.take().then(() => (went = true));
    await clock.advance(1000);
    assert.equal(went, true);
    await assert.rejects(limit.take(AbortSignal.abort(reason)), reason);
    assert.equal(clock.pendingTimers, 0);
  });

  test('0 means no limit', async () => {
    const limit = rateLimit(new ManualClock(), 0, 0);
    for (let index = 0; index < 1000; index++) await limit.take();
  });
});
