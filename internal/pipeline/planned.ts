/**
 * Planned is not failed: what Kubernetes or somebody who asked for it brought about is no failure. Pure decisions;
 * each answer is the named reason for staying silent, or undefined where nothing was planned.
 *
 * A deletion excuses only what came after it was asked for: an OOM kill one second before a roll-out's delete is a
 * failure. The clock of the node and that of the API server differ and both are cut to seconds, so within
 * CLOCK_SKEW_MS after the deletion an exit counts as planned only if it looks like one (SIGTERM or SIGKILL, not OOM).
 */
import { CLOCK_SKEW_MS } from '../platform/limits.ts';
import type { ContainerFacts, PodCondition, PodFacts, Termination } from './pod-facts.ts';
import { disruptionReason, failsWithCodeZero } from './reasons.ts';

export type PlannedReason =
  | 'succeeded'
  | 'deletion'
  | 'planned-disruption'
  | 'ended-by-disruption'
  | 'sidecar-after-apps'
  | 'restarting-all-containers'
  | 'spec-changed';

/** Whether a container ended badly at all. Code 0 is success, but for what the runtime calls a failure all the same. */
export function isFailedExit(exit: Termination): boolean {
  return exit.exitCode !== 0 || exit.signal !== 0 || failsWithCodeZero(exit.reason);
}

/**
 * When the deletion was asked for; 0 if nobody asked. Shortening the grace period doesn't change it, unless the end would
 * lie in the past: then the API server counts from that moment, as it does for the removal itself (see isFinal).
 */
export function deletionRequestedAtMs(pod: PodFacts): number {
  return pod.deletionAtMs === 0 ? 0 : pod.deletionAtMs - pod.deletionGraceSeconds * 1000;
}

/** The DisruptionTarget condition while it is True. */
export function disruptionOf(pod: PodFacts): PodCondition | undefined {
  return pod.conditions.find((condition) => condition.type === 'DisruptionTarget' && condition.status === 'True');
}

/** An eviction through the API is a drain or an autoscaler at work; preemption, taints, PodGC and the kubelet are not. */
export function isPlannedDisruption(disruption: PodCondition): boolean {
  return disruptionReason(disruption.reason).family === '';
}

/**
 * Why this failed exit was to be expected. `replacedContainerId` is the container that a changed spec is replacing,
 * `before` are the facts before this change where they were kept. Source for the order of pod shutdown: KEP-753 (sidecars end after every app container).
 */
export function plannedExit(
  exit: Termination,
  container: ContainerFacts,
  pod: PodFacts,
  replacedContainerId: string,
  before?: PodFacts,
): PlannedReason | undefined {
  if (pod.phase === 'Succeeded') return 'succeeded';
  if (exit.reason === 'RestartingAllContainers') return 'restarting-all-containers';
  if (isFinal(pod, before) || isAfterDeletion(exit, pod)) return 'deletion';
  if (isAfterDisruption(exit, pod)) return 'ended-by-disruption';
  if (container.role === 'sidecar' && isAfterAllApps(exit, pod)) return 'sidecar-after-apps';
  if (exit.containerId !== '' && exit.containerId === replacedContainerId) return 'spec-changed';
  return undefined;
}

/** Why a state that goes on (waiting, back-off) was to be expected: the pod is leaving, or has left. */
export function plannedState(pod: PodFacts, isGone: boolean): PlannedReason | undefined {
  if (pod.phase === 'Succeeded') return 'succeeded';
  return pod.deletionAtMs !== 0 || isGone ? 'deletion' : undefined;
}

/**
 * The kubelet's last word, after which the pod is gone: a deletion in progress whose grace period becomes 0, and whose
 * time is then that of the removal and not of the request (measured on 1.36; rest.BeforeDelete). It tells nothing new of
 * exits: their statuses were written before, and judged by the time of the request. A pod deleted by force at once was
 * not leaving before, so its time is that of the request.
 */
function isFinal(pod: PodFacts, before: PodFacts | undefined): boolean {
  return pod.deletionAtMs !== 0 && pod.deletionGraceSeconds === 0 && before?.deletionAtMs !== 0;
}

/** An exit without a time counts as having happened just now. */
function isAfterDeletion(exit: Termination, pod: PodFacts): boolean {
  if (pod.deletionAtMs === 0) return false;
  if (exit.finishedAtMs <= 0) return true;
  const sinceMs = exit.finishedAtMs - deletionRequestedAtMs(pod);
  return sinceMs >= CLOCK_SKEW_MS || (sinceMs >= 0 && looksStopped(exit));
}

function isAfterDisruption(exit: Termination, pod: PodFacts): boolean {
  const disruption = disruptionOf(pod);
  if (disruption === undefined || disruption.lastTransitionAtMs === 0) return false;
  return exit.finishedAtMs <= 0 || exit.finishedAtMs >= disruption.lastTransitionAtMs;
}

/** What a process does that is told to stop: ends by SIGTERM, or by SIGKILL when its grace is over. */
export function looksStopped(exit: Termination): boolean {
  if (exit.reason === 'OOMKilled') return false;
  return exit.exitCode === 143 || exit.exitCode === 137 || exit.signal === 15 || exit.signal === 9;
}

function isAfterAllApps(exit: Termination, pod: PodFacts): boolean {
  let apps = 0;
  for (const container of pod.containers) {
    if (container.role !== 'app') continue;
    apps++;
    const { state } = container;
    if (state.kind !== 'terminated' || !isForGood(state, pod)) return false;
    if (exit.finishedAtMs > 0 && state.finishedAtMs > exit.finishedAtMs) return false;
  }
  return apps > 0;
}

/** Nobody will start this app container again. */
function isForGood(state: Termination, pod: PodFacts): boolean {
  if (pod.phase === 'Failed' || pod.deletionAtMs !== 0) return true;
  return pod.restartPolicy === 'Never' || (pod.restartPolicy === 'OnFailure' && state.exitCode === 0);
}
