/** What a real kubelet did, replayed through every disturbance: as the lives made up in replay.model.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { anything, cut, format, hidesNoBytes } from '../support/arbitrary-replay.ts';
import { recordedLife, recordings } from '../support/recorded-life.ts';
import { failuresOf, namesOf, strangersAmong } from '../support/replayed.ts';
import { replayRecorded } from '../support/replay-world.ts';

/** Of each recording. */
const RUNS = Number(process.env['REPLAY_RECORDED_RUNS'] ?? 1);

/**
 * A container that the kubelet stops because its spec was edited shows nothing of that in its exit: only who saw the edit
 * knows. Whoever had a gap just then tells it, as all that may be a failure.
 */
const knownByTheEdit: ReadonlySet<string> = new Set(['image-changed-in-place', 'resized-in-place']);

describe('recorded lives', { skip: recordings().length === 0 ? 'nothing is recorded: make corpus' : false }, () => {
  for (const name of recordings()) {
    test(`${name} is told the same in any pieces, and never more than it shows`, async () => {
      const life = recordedLife(name);
      const calm = await replayRecorded(life);
      const known = namesOf(calm.seen);
      const whole = fc.asyncProperty(hidesNoBytes, format, cut, async (disturbances, wire, pieces) => {
        const disturbed = await replayRecorded(life, { disturbances, format: wire, cut: pieces });
        assert.deepEqual(failuresOf(disturbed.told), failuresOf(calm.told));
        assert.deepEqual(disturbed.failures, []);
      });
      const gaps = fc.asyncProperty(anything, async (disturbances) => {
        const disturbed = await replayRecorded(life, { disturbances, replicas: 2 });
        if (!knownByTheEdit.has(name)) assert.deepEqual(strangersAmong(disturbed.told, known), []);
        assert.deepEqual(disturbed.failures, []);
      });
      await fc.assert(whole, { numRuns: RUNS });
      await fc.assert(gaps, { numRuns: RUNS });
    });
  }
});
