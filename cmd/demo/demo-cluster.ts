/**
 * What the demo needs of a cluster, whichever it is: a way in for the agent, things that happen, and when they became
 * visible there.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import type { Expectation, Silence } from './verdict.ts';

export interface DemoCluster {
  /** Flags by which the agent reaches it. */
  readonly flags: Readonly<Record<string, string>>;
  /** For the line that says it is there. */
  readonly note: string;
  /** Path of a kubeconfig made for it, for the user's own kubectl. */
  readonly kubeconfig: string | undefined;
  readonly expectations: readonly Expectation[];
  readonly silences: readonly Silence[];
  /** Lets everything happen; resolves when it has been written. `say` gets a line for each thing as it begins. */
  readonly play: (say: (what: string) => void, signal: AbortSignal) => Promise<void>;
  /** How long after that what is expected may take to arrive. */
  readonly patienceMs: number;
  /** When it became visible at the API server, Ms since the epoch. */
  readonly happenedMs: (expectation: Expectation) => number | undefined;
  readonly stop: () => Promise<void>;
}

export interface ClusterParts {
  readonly clock: Clock;
  /** For files of its own; whoever gives it removes it. */
  readonly folder: string;
}
