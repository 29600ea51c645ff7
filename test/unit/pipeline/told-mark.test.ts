import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ToldMark } from '../../../internal/pipeline/told-mark.ts';

const WITHIN_MS = 15_000;
const RENEWAL_MS = 2_000;

function setUp() {
  const world = { nowMs: 1_000_000, oldestObservedAtMs: undefined as number | undefined, isStored: true };
  const mark = new ToldMark({
    clock: { now: () => world.nowMs },
    outbox: { stats: () => ({ oldestObservedAtMs: world.oldestObservedAtMs }) },
    isAllStored: () => world.isStored,
  });
  const asked = (change: Partial<typeof world> = {}): boolean => {
    world.nowMs += RENEWAL_MS;
    Object.assign(world, change);
    return mark.isTold(WITHIN_MS);
  };
  return { world, asked };
}

describe('a leader says that all is told', () => {
  test('while nothing waits in the outbox', () => {
    const { asked } = setUp();
    assert.deepEqual([asked(), asked()], [true, true]);
  });

  test('under load, where what waits came after the last time it was asked', () => {
    const { world, asked } = setUp();
    for (let renewal = 0; renewal < 20; renewal++)
      assert.ok(asked({ oldestObservedAtMs: world.nowMs + RENEWAL_MS }) === renewal > 0);
  });

  test('again once what it could not deliver is delivered, though more waits by then', () => {
    const { world, asked } = setUp();
    asked();
    const failedAtMs = world.nowMs;
    for (let renewal = 0; renewal < 100; renewal++) assert.equal(asked({ oldestObservedAtMs: failedAtMs }), false);
    // Too long ago: what came since might not have been stored.
    assert.equal(asked({ oldestObservedAtMs: world.nowMs }), false);
    assert.equal(asked({ oldestObservedAtMs: world.nowMs + 1 }), true);
  });
});

describe('a leader does not say that all is told', () => {
  test('while something is not stored', () => {
    const { asked } = setUp();
    assert.equal(asked({ isStored: false }), false);
  });

  test('while something that was stored before waits for the plane, however long', () => {
    const { world, asked } = setUp();
    asked();
    const oldestObservedAtMs = world.nowMs;
    for (let renewal = 0; renewal < 1000; renewal++) assert.equal(asked({ oldestObservedAtMs }), false);
  });

  test('when it begins with what an earlier process left in the outbox', () => {
    const { asked } = setUp();
    assert.equal(asked({ oldestObservedAtMs: 1000 }), false);
    assert.equal(asked(), false);
    assert.equal(asked({ oldestObservedAtMs: undefined }), true);
  });

  test('for a moment after the clock was set back', () => {
    const { world, asked } = setUp();
    asked();
    world.nowMs -= 3_600_000;
    const oldestObservedAtMs = world.nowMs + RENEWAL_MS;
    assert.equal(asked({ oldestObservedAtMs }), false);
    assert.equal(asked({ oldestObservedAtMs: oldestObservedAtMs + 1 }), true);
  });
});
