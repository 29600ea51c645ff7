/** What was silenced, and what is told of it at the end: types alone, as a finding carries them. */

/** Who gave a silence: remote settings, or an annotation on a pod, a namespace or a workload. */
export type SilenceSource = 'remote' | 'namespace' | 'workload' | 'pod';

/** Which annotations count, by what carries them. */
export type SilenceCarrier = 'pods' | 'namespaces' | 'workloads';

export interface SilenceTally {
  readonly id: string;
  readonly source: SilenceSource;
  readonly owner: string;
  readonly comment: string;
  /** The end it has, as it was last read. Ms since the epoch. */
  readonly untilMs: number;
  /** Failures, each id once. */
  readonly failures: number;
  /** How many of each reason; of further ones under `(others)`. */
  readonly reasons: ReadonlyMap<string, number>;
  /** `namespace/name` of the first few. */
  readonly pods: readonly string[];
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** How it ended: its time was over, or somebody took it back. */
export type SilenceEnd = 'expired' | 'withdrawn';

export interface SilenceSummary extends SilenceTally {
  readonly ended: SilenceEnd;
}
