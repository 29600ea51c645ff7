/**
 * What a scenario of the corpus is: what is done to a cluster with a real kubelet, and what an operator should hear of
 * it. The expectations are Kubernetes' behaviour and docs/reasons.md written down by hand, not what the agent said.
 */
import type { Severity } from '../../internal/pipeline/finding.ts';
import type { Stage } from './stage.ts';

export interface Scenario {
  /** Names the namespace it is played in and its recording. */
  readonly name: string;
  /** What happens, and why it is told or is not. */
  readonly about: string;
  readonly steps: readonly Step[];
  /** All that is told, with every family enabled. */
  readonly expected: readonly Expected[];
  /** What shows in the recording and is not told. */
  readonly silent?: readonly Silent[];
  /** Flags of the agent beside those of all scenarios. */
  readonly settings?: readonly string[];
  /** What is recorded beside pods. */
  readonly also?: readonly ('jobs' | 'nodes')[];
  /** It disturbs others, so it is played after them, with nothing beside it. */
  readonly alone?: true;
}

/** One thing that is done or waited for. */
export interface Step {
  /** For who waits, and for the error when it never comes. */
  readonly what: string;
  readonly run: (stage: Stage) => Promise<unknown>;
}

/** Events of type `failure` that say the same. */
export interface Expected {
  /** Its name; `*` is any text. Of a node: the node's. */
  readonly pod: string;
  /** '' for the whole pod. */
  readonly container: string;
  readonly reason: string;
  readonly severity: Severity;
  readonly count: number;
}

/** Nothing is told of these pods beyond what is expected, though they are there. */
export interface Silent {
  readonly pod: string;
  /** Why: the reason of a decision to stay silent, which must have been made at least once. Absent: nothing was wrong. */
  readonly because?: string;
}

/** `container` main of one pod, told once: what most expectations are. */
export function once(pod: string, reason: string, severity: Severity, container = 'main'): Expected {
  return { pod, container, reason, severity, count: 1 };
}

/** An exit and the back-off it becomes. */
export function looping(pod: string, reason = 'Error', container = 'main'): Expected[] {
  return [once(pod, reason, 'warning', container), once(pod, 'CrashLoopBackOff', 'critical', container)];
}
