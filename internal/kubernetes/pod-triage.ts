/**
 * Is there anything to say about this pod? Pure, and the one place where the rule is written out; the reader that asks
 * the same of protobuf bytes (pod-triage-protobuf.ts) is tested against it.
 *
 * Quiet is only a pod that every detection is silent about, now and as time passes: running with every container up,
 * ready and never restarted, or completed without a failure. Whatever is on its way (pending, not ready, terminating)
 * is not quiet, since it may stay that way for too long.
 */
import type { ContainerFacts, PodFacts } from '../pipeline/pod-facts.ts';

export type TriageVerdict =
  'quiet-running' | 'quiet-completed' | 'deleting' | 'phase' | 'reason' | 'disrupted' | 'not-ready' | 'containers';

export function isQuiet(verdict: TriageVerdict): boolean {
  return verdict === 'quiet-running' || verdict === 'quiet-completed';
}

/** Conditions that say something by being there, whatever their status. Source: k8s.io/api core/v1 types.go. */
export const loudConditions: ReadonlySet<string> = new Set([
  'DisruptionTarget',
  'PodResizePending',
  'PodResizeInProgress',
]);

export function triage(pod: PodFacts): TriageVerdict {
  if (pod.deletionAtMs !== 0) return 'deleting';
  if (pod.phase !== 'Running' && pod.phase !== 'Succeeded') return 'phase';
  if (pod.reason !== '' || pod.message !== '') return 'reason';
  if (pod.conditions.some(({ type }) => loudConditions.has(type))) return 'disrupted';
  return pod.phase === 'Running' ? triageRunning(pod) : triageCompleted(pod);
}

function triageRunning(pod: PodFacts): TriageVerdict {
  if (!pod.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return 'not-ready';
  return pod.containers.every(isAsItShould) ? 'quiet-running' : 'containers';
}

/** App and sidecar containers are up; init containers have done their work; debug containers are nobody's business. */
function isAsItShould(container: ContainerFacts): boolean {
  if (container.role === 'ephemeral') return true;
  if (hasHistory(container)) return false;
  return container.role === 'init' ? hasCompleted(container) : container.state.kind === 'running' && container.ready;
}

function triageCompleted(pod: PodFacts): TriageVerdict {
  const isDone = (container: ContainerFacts): boolean =>
    container.role === 'ephemeral' || (!hasHistory(container) && hasCompleted(container));
  return pod.containers.every(isDone) ? 'quiet-completed' : 'containers';
}

function hasHistory({ restartCount, lastState }: ContainerFacts): boolean {
  return restartCount !== 0 || lastState.kind !== 'none';
}

function hasCompleted({ state }: ContainerFacts): boolean {
  return state.kind === 'terminated' && state.exitCode === 0 && state.signal === 0 && isCompletion(state.reason);
}

/** What the kubelet and runtimes write for an exit with code 0. Anything else is worth a look, whatever its code. */
export function isCompletion(reason: string): boolean {
  return reason === 'Completed' || reason === '';
}
