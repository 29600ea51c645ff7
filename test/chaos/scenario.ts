/**
 * What a chaos scenario is: one fault, injected many times while failures arrive, and what the plane shows afterwards.
 * Scenarios know nothing of how their rows are printed or recorded; who runs them knows nothing of their faults.
 */

/** How much: `short` runs within the suite, `long` is the proof that is recorded. */
export type Form = 'short' | 'long';

export interface ScenarioRun {
  readonly form: Form;
  /** A line for who waits. */
  readonly progress: (line: string) => void;
  /** Ends the scenario early; it still cleans up. */
  readonly signal: AbortSignal;
}

/** One row of the table of promises. */
export interface ScenarioRow {
  readonly faultsInjected: number;
  readonly failuresInjected: number;
  /** Injected, and absent at the plane. */
  readonly lost: number;
  /** Whose effect shows more than once. */
  readonly doubled: number;
  /** At the plane, and never injected. */
  readonly unknown: number;
  /** Fields at the plane that are not what was injected. */
  readonly altered?: number;
  /** From the end of each fault until deliveries flow again; empty where a fault has no end. */
  readonly recoveriesMs: readonly number[];
  /** What else was measured, in a few words. */
  readonly note?: string;
}

export interface Scenario {
  /** `R-1`, or a short name where no id is given. */
  readonly id: string;
  /** `kill -9 of the agent`. */
  readonly fault: string;
  /** Why it can't run here; undefined where it can. */
  readonly unavailable?: (form: Form) => string | undefined | Promise<string | undefined>;
  /** No recovery of the long form may take longer. Of a short form, whose machine does other things, half may take five times as long. */
  readonly recoversWithinMs?: number;
  readonly run: (run: ScenarioRun) => Promise<ScenarioRow>;
}
