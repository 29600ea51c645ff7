/**
 * A pod that does not get to run: nobody schedules it, its containers are not made, an init container does not end.
 * Pure: the state the pod is in, since when, and when that is too long. Never says that of a start that moves on: the
 * wait begins anew with each container that starts or ends.
 */
import { after, GATED, NO_CONTAINER, UNSCHEDULABLE } from './identity-occurrence.ts';
import type { ContainerFacts, PodCondition, PodFacts } from './pod-facts.ts';
import { schedulingReason, stuckReason, waitingReason, type ReasonEntry, type StuckReason } from './reasons.ts';
import { conditionOf, inWords, type StuckDelays } from './stuck-delays.ts';

/** A normal state that is a failure once it has lasted for too long. */
export interface Lasting {
  readonly entry: ReasonEntry;
  readonly occurrence: string;
  readonly container: ContainerFacts | undefined;
  /** Since when, by the object's own times. */
  readonly sinceMs: number;
  /** When it is told; 0 for at once. */
  readonly dueAtMs: number;
  readonly message: string;
}

/** What keeps a pod that is neither over nor leaving from running. */
export function stuckStart(pod: PodFacts, delays: StuckDelays): Lasting | undefined {
  if (pod.nodeName === '') return pod.phase === 'Pending' ? unscheduled(pod, delays) : undefined;
  const isStarting = pod.containers.some((container) => container.role === 'app' && isToBeMade(container));
  if (!isStarting) return undefined;
  if (pod.phase === 'Pending' && pod.containers.every(({ state }) => state.kind === 'none')) {
    return waitingForKubelet(pod, delays);
  }
  const blocking = pod.containers.find((container) => container.role !== 'ephemeral' && !hasPassed(container));
  if (blocking === undefined) return undefined;
  return blocking.state.kind === 'running' ? initializing(pod, blocking, delays) : creating(pod, blocking, delays);
}

/** Not made yet, and nothing wrong with that so far. */
function isToBeMade({ state }: ContainerFacts): boolean {
  if (state.kind === 'none') return true;
  return state.kind === 'waiting' && (state.reason === '' || waitingReason(state.reason).view === 'starting');
}

/** Whether the next container may start. */
function hasPassed({ role, state, started }: ContainerFacts): boolean {
  if (role === 'init') return state.kind === 'terminated';
  if (role === 'sidecar' && state.kind === 'running') return started;
  return state.kind === 'running' || state.kind === 'terminated';
}

function unscheduled(pod: PodFacts, delays: StuckDelays): Lasting | undefined {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled === undefined || scheduled.status === 'True') {
    const words = `Pending for more than ${inWords(delays.stuckPendingAfterMs)}: no scheduler has looked at it`;
    return lasting(
      'StuckPending',
      pod.createdAtMs,
      delays.stuckPendingAfterMs,
      words,
      stuckStartOf(undefined),
      undefined,
    );
  }
  return scheduled.reason === 'SchedulingGated'
    ? heldBack(pod, scheduled, GATED, delays.schedulingGatedAfterMs)
    : heldBack(pod, scheduled, UNSCHEDULABLE, delays.unschedulableAfterMs);
}

function heldBack(pod: PodFacts, scheduled: PodCondition, occurrence: string, delayMs: number): Lasting {
  const entry = schedulingReason(scheduled.reason);
  const sinceMs = scheduled.lastTransitionAtMs || pod.createdAtMs;
  const message = scheduled.message || entry.hint;
  return { entry, occurrence, container: undefined, sinceMs, dueAtMs: sinceMs + delayMs, message };
}

function waitingForKubelet(pod: PodFacts, { stuckPendingAfterMs }: StuckDelays): Lasting {
  const words = `Pending for more than ${inWords(stuckPendingAfterMs)}: the kubelet of node ${pod.nodeName} has not begun with it`;
  return lasting('StuckPending', lastProgressMs(pod), stuckPendingAfterMs, words, stuckStartOf(undefined), undefined);
}

function initializing(
  pod: PodFacts,
  container: ContainerFacts,
  { stuckInitAfterMs }: StuckDelays,
): Lasting | undefined {
  const { state, role, name } = container;
  const sinceMs = state.kind === 'running' && state.startedAtMs > 0 ? state.startedAtMs : lastProgressMs(pod);
  const what = role === 'sidecar' ? 'has not got through its startup probe' : 'has not ended';
  const words = `${role} container ${name} ${what} for more than ${inWords(stuckInitAfterMs)}`;
  return lasting('StuckInit', sinceMs, stuckInitAfterMs, words, stuckStartOf(container), container);
}

/** Told of the whole pod: which of its containers comes next is a matter of order. */
function creating(
  pod: PodFacts,
  container: ContainerFacts,
  { stuckCreatingAfterMs }: StuckDelays,
): Lasting | undefined {
  if (!isToBeMade(container)) return undefined;
  const { state, name } = container;
  const word = state.kind === 'waiting' && state.reason !== '' ? state.reason : 'waiting';
  const words = `container ${name} is ${word} for more than ${inWords(stuckCreatingAfterMs)}`;
  const why = state.kind === 'waiting' && state.message !== '' ? `${words}: ${state.message}` : words;
  return lasting('StuckCreating', lastProgressMs(pod), stuckCreatingAfterMs, why, stuckStartOf(container), undefined);
}

function stuckStartOf(container: ContainerFacts | undefined): string {
  return `stuck-start:${container === undefined ? NO_CONTAINER : after(container)}`;
}

function lasting(
  reason: StuckReason,
  sinceMs: number,
  delayMs: number,
  message: string,
  occurrence: string,
  container: ContainerFacts | undefined,
): Lasting {
  return { entry: stuckReason(reason), occurrence, container, sinceMs, dueAtMs: sinceMs + delayMs, message };
}

/** The last thing that happened on the way to a running pod. */
function lastProgressMs(pod: PodFacts): number {
  const scheduled = conditionOf(pod, 'PodScheduled');
  let latestMs = Math.max(pod.createdAtMs, scheduled?.status === 'True' ? scheduled.lastTransitionAtMs : 0);
  for (const { state, lastState, role } of pod.containers) {
    if (role === 'ephemeral') continue;
    for (const one of [state, lastState]) {
      if (one.kind === 'running') latestMs = Math.max(latestMs, one.startedAtMs);
      else if (one.kind === 'terminated') latestMs = Math.max(latestMs, one.finishedAtMs);
    }
  }
  return latestMs;
}
