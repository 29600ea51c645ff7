import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { backOffMs } from '../../../internal/kubernetes/reflector-backoff.ts';
import { step } from '../../../internal/kubernetes/reflector-step.ts';
import { LONGEST_WAIT_MS } from '../../../internal/platform/limits.ts';
import { AT_MS, failed, machineIn, states } from '../../support/reflector-cases.ts';

const kinds = ['unreachable', 'unavailable', 'denied', 'expired', 'broken', 'idle', 'refused'] as const;

describe('the back-off of the reflector', () => {
  test('lies between 0.8 s and 30 s whatever failed, however often', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (kind, count, roll) => {
          const waitMs = backOffMs({ kind }, count, roll);
          return waitMs >= 800 && waitMs <= 30_000;
        },
      ),
    );
  });

  test('doubles with each failure in a row and spreads by chance', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((count) => backOffMs({ kind: 'unavailable' }, count, 0));
    assert.deepEqual(waits, [800, 1600, 3200, 6400, 12_800, 20_000]);
    assert.equal(backOffMs({ kind: 'unavailable' }, 1, 0.5), 1000);
  });

  test('asks a server that is down less than 0.3 times a second and notices within 9 s that it is back', () => {
    let atMs = 0;
    let requests = 0;
    for (let count = 1; atMs < 30_000; count++, requests++) {
      const waitMs = backOffMs({ kind: 'unreachable' }, count, 0.999);
      assert.ok(waitMs < 9000);
      atMs += backOffMs({ kind: 'unreachable' }, count, 0);
    }
    assert.ok(requests < 9, `${requests} requests in 30 s`);
    assert.equal(backOffMs({ kind: 'unreachable' }, 11, 0), 20_000);
    assert.equal(backOffMs({ kind: 'denied' }, 10, 0), 6000, 'a server that has just started may deny what it allows');
    assert.equal(backOffMs({ kind: 'denied' }, 11, 0), 20_000);
  });

  test('waits as long as the server asked for, within the bound on all waits, and never shorter than without', () => {
    const throttled = (retryAfterMs: number): number => backOffMs({ kind: 'throttled', retryAfterMs }, 1, 0);
    assert.equal(throttled(7000), 7000);
    assert.equal(throttled(0), 800);
    assert.equal(throttled(99_999_999_000), LONGEST_WAIT_MS);
  });

  test('begins at the first step again after two calm minutes', () => {
    const stormy = machineIn(states.Watching, { failures: 6, lastFailureAtMs: AT_MS - 120_000 });
    assert.deepEqual(step(stormy, failed('unavailable')).effects, [{ kind: 'wait', delayMs: 20_000 }]);
    const calm = machineIn(states.Watching, { failures: 6, lastFailureAtMs: AT_MS - 120_001 });
    assert.deepEqual(step(calm, failed('unavailable')).effects, [{ kind: 'wait', delayMs: 800 }]);
  });
});
