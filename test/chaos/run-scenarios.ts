/** Runs scenarios one after the other; one that fails is a row that says so, and the next one runs all the same. */
import type { Form, Scenario } from './scenario.ts';
import type { Outcome } from './table.ts';

export interface RunOptions {
  readonly form: Form;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Hears of each as it ends: a run of hours that breaks off has not been in vain. */
  readonly finished?: (outcome: Outcome) => void;
}

export async function runScenarios(scenarios: readonly Scenario[], options: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios) {
    if (options.signal.aborted) break;
    const outcome = { scenario, result: await runOne(scenario, options) };
    outcomes.push(outcome);
    options.finished?.(outcome);
  }
  return outcomes;
}

async function runOne(scenario: Scenario, { form, progress, signal }: RunOptions): Promise<Outcome['result']> {
  const { id, fault } = scenario;
  const skipped = await scenario.unavailable?.(form);
  if (skipped !== undefined) return { skipped };
  const beganMs = performance.now();
  const say = (line: string): void => progress(`${id}: ${line}`);
  say(fault);
  try {
    const row = await scenario.run({ form, progress: say, signal });
    say(`took ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
    return row;
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return { failed: error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error) };
  }
}
