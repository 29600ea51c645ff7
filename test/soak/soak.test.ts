/**
 * The short form of the soak: a minute in which everything happens that the hour of `make soak` does, but for what takes
 * minutes to be noticed. Its judge is tried in judge.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { renderSoak } from './report.ts';
import { runSoak } from './run-soak.ts';

const MINUTES = 0.75;
/** Five times what it takes. */
const TIMEOUT_MS = 540_000;

test(
  'while all goes wrong that can, every failure an independent lister sees is told once, and nothing else is',
  { skip: skipWithoutRestate(), timeout: TIMEOUT_MS },
  async (t) => {
    const seed = Date.now() % 1_000_000;
    const outcome = await runSoak({
      ...{ minutes: MINUTES, seed, signal: t.signal },
      progress: (line) => t.diagnostic(line),
    });
    t.diagnostic(`\n${renderSoak(outcome)}`);
    assert.deepEqual(outcome.problems, [], `seed ${seed}`);
    assert.ok(outcome.verdict.failures >= outcome.books.played, 'the lister saw less than was played');
    assert.ok(outcome.verdict.failures > 50, 'hardly anything was tried');
  },
);
