/**
 * The short form of chaos scenarios as tests: the agent as it is shipped, a real Restate server and the reference plane,
 * and faults by the dozen. The long form is `make chaos`; its last table is in docs/PROMISES.md.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test, type TestContext } from 'node:test';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import type { Scenario, ScenarioRow } from './scenario.ts';

/** Five times what the slowest of them takes. */
const TIMEOUT_MS = 240_000;

/** Left for cleaning up after a scenario that did not end in time. */
const CLEAN_UP_MS = 20_000;

/** One test for each. Called once by a test file. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  describe('nothing is lost and nothing told twice', { skip: skipWithoutRestate() }, () => {
    for (const scenario of scenarios) addTest(scenario);
  });
}

/** A scenario that fails or takes too long says how far it came. */
async function runInTime(scenario: Scenario, t: TestContext): Promise<ScenarioRow> {
  const startedMs = performance.now();
  const said: string[] = [];
  const progress = (line: string): void => {
    said.push(`${((performance.now() - startedMs) / 1000).toFixed(1)} s: ${line}`);
    t.diagnostic(line);
  };
  const deadline = AbortSignal.timeout(TIMEOUT_MS - CLEAN_UP_MS);
  const late = once(deadline, 'abort').then(() => Promise.reject(new Error('it took too long')));
  const run = scenario.run({ form: 'short', progress, signal: AbortSignal.any([t.signal, deadline]) });
  return Promise.race([run, late]).catch((error: unknown) => {
    throw new Error(`${String(error)}; it said: ${said.join('; ') || 'nothing'}`, { cause: error });
  });
}

function addTest(scenario: Scenario): void {
  test(`with ${scenario.fault} (${scenario.id})`, { timeout: TIMEOUT_MS }, async (t) => {
    const unavailable = await scenario.unavailable?.('short');
    if (unavailable !== undefined) {
      t.skip(unavailable);
      return;
    }
    const row = await runInTime(scenario, t);
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
