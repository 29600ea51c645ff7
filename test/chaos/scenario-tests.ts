/**
 * The short form of chaos scenarios as tests: the agent as it is shipped, a real Restate server and the reference plane,
 * and faults by the dozen. The long form is `make chaos`; its last table is in docs/PROMISES.md.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import type { Scenario } from './scenario.ts';

/** Five times what the slowest of them takes. */
const TIMEOUT_MS = 240_000;

/** One test for each. Called once by a test file. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  describe('nothing is lost and nothing told twice', { skip: skipWithoutRestate() }, () => {
    for (const scenario of scenarios) addTest(scenario);
  });
}

function addTest(scenario: Scenario): void {
  test(`with ${scenario.fault} (${scenario.id})`, { timeout: TIMEOUT_MS }, async (t) => {
    const unavailable = await scenario.unavailable?.('short');
    if (unavailable !== undefined) {
      t.skip(unavailable);
      return;
    }
    const row = await scenario.run({ form: 'short', progress: (line) => t.diagnostic(line), signal: t.signal });
    const { lost, doubled, unknown, altered = 0 } = row;
    assert.deepEqual({ lost, doubled, unknown, altered }, { lost: 0, doubled: 0, unknown: 0, altered: 0 });
    assert.ok(row.failuresInjected > 0, 'nothing was tried');
    // Single stalls are the machine's, which does other things meanwhile.
    const sorted = [...row.recoveriesMs].sort((a, b) => a - b);
    const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
    assert.ok(medianMs <= 5 * (scenario.recoversWithinMs ?? Infinity), `it took ${medianMs} ms to recover`);
    if (row.note !== undefined) t.diagnostic(row.note);
  });
}
