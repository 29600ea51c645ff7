/**
 * What a benchmark is here: a name, what it needs, and figures, each with the figure of a baseline measured in the same run.
 * Times and sizes of a machine mean little; their ratio to the baseline's on the same machine at the same time is what
 * may be quoted.
 */

export type Unit = 'ms' | 'µs' | 'MB' | 'KB' | 's' | 'ratio';

export interface Figure {
  /** In the words of a reader: `p99, 500 failures at 20/s`. */
  readonly what: string;
  readonly value: number;
  readonly unit: Unit;
  /** The same of the baseline, in the same run. */
  readonly baseline?: number;
}

export interface BenchContext {
  /** Fewer and shorter rounds, to see that it works. */
  readonly isQuick: boolean;
  /** Says what is going on. */
  readonly say: (text: string) => void;
}

export interface Bench {
  readonly name: string;
  /** What is measured, how, and what the baseline is: printed above the figures. */
  readonly about: string;
  /** Why it can't run here; undefined where it can. */
  readonly unavailable: () => Promise<string | undefined>;
  readonly run: (context: BenchContext) => Promise<readonly Figure[]>;
}

/** The value below which `share` (0 to 1) of the values lie, by nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
