/**
 * A pod that runs and is not Ready, one that should be gone and is not, and one whose node says nothing of it. Pure.
 */
import { TERMINATING, unknownOccurrence, unreadyOccurrence } from './identity-occurrence.ts';
import { isFailedExit } from './planned.ts';
import type { ContainerFacts, PodCondition, PodFacts } from './pod-facts.ts';
import { stuckReason, unknownPhase } from './reasons.ts';
import { conditionOf, inWords, type StuckDelays } from './stuck-delays.ts';
import type { Lasting } from './stuck-start.ts';

/**
 * Running and not Ready. The wait begins with the last transition of Ready, or with the start of the container that is
 * not ready: a pod is not Ready from its creation on, however long its image took to come.
 */
export function stuckUnready(pod: PodFacts, { notReadyAfterMs }: StuckDelays): Lasting | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (pod.phase !== 'Running' || ready === undefined || ready.status === 'True') return undefined;
  const unready = pod.containers.filter(isUnready);
  if (unready.length === 0 && (ready.reason === 'PodCompleted' || pod.containers.some(hasEndedWell))) return undefined;
  let sinceMs = ready.lastTransitionAtMs || pod.createdAtMs;
  for (const { state } of unready) if (state.kind === 'running') sinceMs = Math.max(sinceMs, state.startedAtMs);
  return {
    entry: stuckReason('NotReady'),
    occurrence: unreadyOccurrence(ready.lastTransitionAtMs),
    container: undefined,
    sinceMs,
    dueAtMs: sinceMs + notReadyAfterMs,
    message: `not Ready for more than ${inWords(notReadyAfterMs)}: ${whyUnready(ready, unready)}`,
  };
}

/** A container that ended well and isn't started again is done, not unready. */
function isUnready(container: ContainerFacts): boolean {
  const { role, ready } = container;
  return (role === 'app' || role === 'sidecar') && !ready && !hasEndedWell(container);
}

function hasEndedWell({ role, state }: ContainerFacts): boolean {
  return role !== 'init' && role !== 'ephemeral' && state.kind === 'terminated' && !isFailedExit(state);
}

function whyUnready(ready: PodCondition, unready: readonly ContainerFacts[]): string {
  if (unready.length > 0) return unready.map(whyContainer).join(', ');
  if (ready.message !== '') return ready.message;
  return ready.reason === '' ? 'its containers are ready; its node may not be' : ready.reason;
}

function whyContainer({ name, state, started }: ContainerFacts): string {
  if (state.kind !== 'running') return `container ${name} does not run`;
  return started ? `container ${name} fails its readiness probe` : `container ${name} fails its startup probe`;
}

/** Still there after deletion and grace. `deletionTimestamp` is when the grace ends (measured, see planned.ts). */
export function stuckTerminating(pod: PodFacts, { stuckTerminatingAfterMs }: StuckDelays): Lasting {
  const running = pod.containers.filter(({ state }) => state.kind === 'running').map(({ name }) => name);
  const node = pod.nodeName === '' ? '' : ` on node ${pod.nodeName}`;
  const why =
    running.length === 0
      ? 'no container runs any more: a finalizer holds it, or the kubelet does not finish'
      : `still running: ${running.join(', ')}`;
  return {
    entry: stuckReason('StuckTerminating'),
    occurrence: TERMINATING,
    container: undefined,
    sinceMs: pod.deletionAtMs,
    dueAtMs: pod.deletionAtMs + stuckTerminatingAfterMs,
    message: `not gone more than ${inWords(stuckTerminatingAfterMs)} after its deletion was due${node}: ${why}`,
  };
}

/** Told at once, as its reason is: what older clusters write where the node doesn't answer. */
export function unknownOf(pod: PodFacts): Lasting {
  const sinceMs = conditionOf(pod, 'Ready')?.lastTransitionAtMs ?? 0;
  return {
    entry: unknownPhase,
    occurrence: unknownOccurrence(sinceMs),
    container: undefined,
    sinceMs: sinceMs || pod.createdAtMs,
    dueAtMs: 0,
    message: pod.message || unknownPhase.hint,
  };
}
