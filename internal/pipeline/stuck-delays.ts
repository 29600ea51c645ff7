/**
 * How long each state may last before it is a failure. A state's own time (creation, a condition's last transition, the
 * start of a container) plus its delay says when it is told, so that neither a restart of the agent nor a change of
 * leader begins the wait anew.
 */
import type { PodCondition, PodFacts } from './pod-facts.ts';

/** In Ms. Each is a setting of its own (internal/config/settings-detection.ts). */
export interface StuckDelays {
  /** Pending and nobody says why: no scheduler has looked at it, or the kubelet of its node has not begun. */
  readonly pendingMs: number;
  /** The scheduler finds no node. */
  readonly unschedulableMs: number;
  /** A scheduling gate is still there. */
  readonly gatedMs: number;
  /** ContainerCreating or PodInitializing without any progress. */
  readonly creatingMs: number;
  /** One init container runs, or one sidecar does not get to its start. */
  readonly initMs: number;
  /** Running and not Ready. */
  readonly notReadyMs: number;
  /** Still there after its deletion and the whole of its grace. */
  readonly terminatingMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Unschedulable: an autoscaler needs about a minute for a node. Creating: the kubelet gives a volume two minutes and
 * then tries again. Gates are put there on purpose.
 */
export const defaultStuckDelays: StuckDelays = {
  pendingMs: 5 * MINUTE_MS,
  unschedulableMs: MINUTE_MS,
  gatedMs: 60 * MINUTE_MS,
  creatingMs: 5 * MINUTE_MS,
  initMs: 15 * MINUTE_MS,
  notReadyMs: 5 * MINUTE_MS,
  terminatingMs: 2 * MINUTE_MS,
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
