import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sleep, systemClock, withDeadline } from '../../../internal/platform/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the machine clock', () => {
  test('never fires a timer beyond 2^31 ms at once, as a bare setTimeout would', async () => {
    const clock = systemClock();
    let hasFired = false;
    const timer = clock.setTimer(2 ** 31 + 5, () => (hasFired = true));
    await sleep(clock, 20);
    timer.cancel();
    assert.equal(hasFired, false);
  });

  test('treats negative and meaningless delays as none', async () => {
    for (const delayMs of [-5, Number.NaN]) await sleep(systemClock(), delayMs);
  });
});

describe('sleep', () => {
  test('ends when its time has come', async () => {
    const clock = new ManualClock();
    let isOver = false;
    void sleep(clock, 1000).then(() => (isOver = true));
    await clock.advance(999);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.equal(isOver, true);
  });

  test('ends at once when aborted, before or during, and leaves no timer', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 1000, controller.signal);
    controller.abort();
    await sleeping;
    await sleep(clock, 1000, controller.signal);
    assert.equal(clock.pendingTimers, 0);
  });

  test('does not notice the wall clock being set', async () => {
    const clock = new ManualClock();
    let isOver = false;
    void sleep(clock, 1000).then(() => (isOver = true));
    clock.jumpWallClock(3_600_000);
    await clock.advance(500);
    assert.equal(isOver, false);
    clock.jumpWallClock(-7_200_000);
    await clock.advance(500);
    assert.equal(isOver, true);
  });
});

describe('a deadline', () => {
  test('aborts with a TimeoutError when its time has come', async () => {
    const clock = new ManualClock();
    const deadline = withDeadline(clock, 1000);
    await clock.advance(1000);
    assert.equal((deadline.signal.reason as Error).name, 'TimeoutError');
  });

  test('aborts with its parent, also when that was aborted before', () => {
    const clock = new ManualClock();
    assert.equal(withDeadline(clock, 1000, AbortSignal.abort()).signal.aborted, true);
    const parent = new AbortController();
    const deadline = withDeadline(clock, 1000, parent.signal);
    parent.abort();
    assert.equal(deadline.signal.aborted, true);
  });

  test('leaves nothing behind once its work is done', async () => {
    const clock = new ManualClock();
    const deadline = withDeadline(clock, 1000);
    deadline.done();
    await clock.advance(2000);
    assert.equal(deadline.signal.aborted, false);
    assert.equal(clock.pendingTimers, 0);
  });
});
