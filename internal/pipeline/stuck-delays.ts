/**
 * How long each state may last before it is a failure. A state's own time (creation, a condition's last transition, the
 * start of a container) plus its delay says when it is told, so that neither a restart of the agent nor a change of
 * leader begins the wait anew.
 */
import type { PodCondition, PodFacts } from './pod-facts.ts';

/** Each is a setting of its own, here, in flags, files and remote settings. */
export interface StuckDelays {
  /** Pending and nobody says why: no scheduler has looked at it, or the kubelet of its node has not begun. */
  readonly stuckPendingAfterMs: number;
  /** The scheduler finds no node. */
  readonly unschedulableAfterMs: number;
  /** A scheduling gate is still there. */
  readonly schedulingGatedAfterMs: number;
  /** ContainerCreating or PodInitializing without any progress. */
  readonly stuckCreatingAfterMs: number;
  /** One init container runs, or one sidecar does not get to its start. */
  readonly stuckInitAfterMs: number;
  /** Running and not Ready. */
  readonly notReadyAfterMs: number;
  /** Still there after its deletion and the whole of its grace. */
  readonly stuckTerminatingAfterMs: number;
  /** A node is not Ready. Kubernetes itself waits some 40 seconds before it says so. */
  readonly nodeNotReadyAfterMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Unschedulable: an autoscaler needs about a minute for a node. Creating: the kubelet gives a volume two minutes and
 * then tries again. Gates are put there on purpose.
 */
export const defaultStuckDelays: StuckDelays = {
  stuckPendingAfterMs: 5 * MINUTE_MS,
  unschedulableAfterMs: MINUTE_MS,
  schedulingGatedAfterMs: 60 * MINUTE_MS,
  stuckCreatingAfterMs: 5 * MINUTE_MS,
  stuckInitAfterMs: 15 * MINUTE_MS,
  notReadyAfterMs: 5 * MINUTE_MS,
  stuckTerminatingAfterMs: 2 * MINUTE_MS,
  nodeNotReadyAfterMs: MINUTE_MS,
};

/** The pod's condition of this type, whatever its status. */
export function conditionOf(pod: PodFacts, type: string): PodCondition | undefined {
  return pod.conditions.find((condition) => condition.type === type);
}

/** `90000` is `1m30s`: how long something lasted, for a sentence. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('');
  return text === '' ? '0s' : text;
}
