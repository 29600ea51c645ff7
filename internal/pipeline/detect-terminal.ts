/**
 * The end of a whole pod. It is one occurrence however it shows: phase, status.reason, DisruptionTarget and the states
 * of containers the kubelet lost track of are views of it. Where a container's own exit explains why the pod failed,
 * the exit is what is told.
 */
import type { Look, Terminal } from './detect-types.ts';
import { boundedReason, boundedText, exitMessage, familyNames } from './detect-message.ts';
import { exitOccurrence, DISRUPTED, POD_TERMINAL } from './identity-occurrence.ts';
import { disruptionOf, isFailedExit, isPlannedDisruption, looksStopped, plannedExit } from './planned.ts';
import type { ContainerFacts, PodFacts, Termination } from './pod-facts.ts';
import { disruptionReason, podReason } from './reasons.ts';

const NONE: Terminal = { kind: 'none' };

/** What the end of this pod is, if it has ended. */
export function terminalOf(pod: PodFacts): Terminal {
  const isLost = pod.reason === 'NodeLost';
  if (pod.phase !== 'Failed' && !isLost) return NONE;
  const disruption = disruptionOf(pod);
  const sinceMs = disruption?.lastTransitionAtMs ?? 0;
  if (pod.reason !== '') return { kind: 'failed', entry: podReason(pod.reason), message: pod.message, sinceMs };
  if (disruption !== undefined) {
    if (isPlannedDisruption(disruption)) return { kind: 'planned', reason: 'planned-disruption' };
    return { kind: 'failed', entry: disruptionReason(disruption.reason), message: disruption.message, sinceMs };
  }
  if (pod.containers.some((container) => explains(container, pod))) return { kind: 'explained' };
  if (pod.deletionAtMs !== 0) return { kind: 'planned', reason: 'deletion' };
  return { kind: 'failed', entry: podReason(''), message: pod.message, sinceMs: 0 };
}

function explains(container: ContainerFacts, pod: PodFacts): boolean {
  const { state, role } = container;
  if (role === 'ephemeral' || state.kind !== 'terminated' || state.containerId === '') return false;
  return isFailedExit(state) && plannedExit(state, container, pod, '') === undefined;
}

/**
 * Whether an exit on a pod that has ended is part of that end. Without a container id it is what the kubelet writes
 * for containers it lost track of. With one, it is if it came with what ended the pod: after the disruption where its
 * time is known, else if it looks like a container that was told to stop.
 */
export function isEvidence(exit: Termination, where: 'state' | 'lastState', terminal: Terminal): boolean {
  if (terminal.kind === 'none') return false;
  if (exit.containerId === '') return true;
  if (terminal.kind !== 'failed' || where === 'lastState') return false;
  if (terminal.sinceMs === 0) return looksStopped(exit);
  return exit.finishedAtMs <= 0 || exit.finishedAtMs >= terminal.sinceMs;
}

/** Tells the end of the pod, once, or says why it doesn't. */
export function detectTerminal(look: Look): undefined {
  const { terminal, pod, silences } = look;
  switch (terminal.kind) {
    case 'none':
      return;
    case 'explained':
      silences.push({ reason: 'explained-by-exit', about: 'Failed', container: '' });
      return;
    case 'planned':
      silences.push({ reason: terminal.reason, about: 'Failed', container: '' });
      return;
    case 'failed':
      pushTerminal(look, terminal, pod);
  }
}

function pushTerminal(look: Look, terminal: Extract<Terminal, { kind: 'failed' }>, pod: PodFacts): void {
  const { entry } = terminal;
  const evidence = evidenceOf(pod, terminal);
  const exit = evidence[0]?.state;
  look.sightings.push({
    occurrence: POD_TERMINAL,
    container: undefined,
    reason: boundedReason(entry.reason),
    families: familyNames(entry.family, entry.reason),
    incidentClass: 'pod',
    severity: entry.severity,
    message: messageOf(terminal, exit?.kind === 'terminated' ? exit : undefined),
    occurredAtMs: terminalAtMs(pod, terminal.sinceMs),
    exit: undefined,
    covers: [
      { container: undefined, occurrence: DISRUPTED },
      ...evidence.map((container) => ({ container, occurrence: exitOccurrence(container, 'state') })),
    ],
  });
}

/** Containers whose exit, known by its id, is part of the end of the pod. */
function evidenceOf(pod: PodFacts, terminal: Terminal): ContainerFacts[] {
  return pod.containers.filter(
    ({ state, role }) =>
      role !== 'ephemeral' &&
      state.kind === 'terminated' &&
      state.containerId !== '' &&
      isFailedExit(state) &&
      isEvidence(state, 'state', terminal),
  );
}

function messageOf(terminal: Extract<Terminal, { kind: 'failed' }>, exit: Termination | undefined): string {
  if (terminal.message !== '') return boundedText(terminal.message);
  return boundedText(exit === undefined ? terminal.entry.hint : `${terminal.entry.hint}; ${exitMessage(exit)}`);
}

/** The last thing the object tells a time of; a pod the kubelet never admitted has only that of its creation. */
function terminalAtMs(pod: PodFacts, sinceMs: number): number {
  if (sinceMs !== 0) return sinceMs;
  let latestMs = 0;
  for (const { state } of pod.containers) {
    if (state.kind === 'terminated') latestMs = Math.max(latestMs, state.finishedAtMs);
  }
  for (const { type, lastTransitionAtMs } of pod.conditions) {
    if (type === 'Ready' || type === 'ContainersReady') latestMs = Math.max(latestMs, lastTransitionAtMs);
  }
  return latestMs === 0 ? pod.createdAtMs : latestMs;
}

/**
 * A disruption nobody planned for (preemption, taints, PodGC), told once the pod is being deleted: before that,
 * controllers may call it off and reset the condition. Folds into the end of the pod where that is seen first.
 */
export function detectDisruption(look: Look): undefined {
  const { pod, context, terminal, silences } = look;
  const disruption = disruptionOf(pod);
  if (disruption === undefined || terminal.kind !== 'none') return;
  const entry = disruptionReason(disruption.reason);
  if (isPlannedDisruption(disruption)) {
    silences.push({ reason: 'planned-disruption', about: boundedReason(entry.reason), container: '' });
  } else if (pod.deletionAtMs === 0 && context.change !== 'deleted') {
    silences.push({ reason: 'disruption-pending', about: boundedReason(entry.reason), container: '' });
  } else {
    look.sightings.push({
      occurrence: DISRUPTED,
      container: undefined,
      reason: boundedReason(entry.reason),
      families: familyNames(entry.family, entry.reason),
      incidentClass: 'pod',
      severity: entry.severity,
      message: boundedText(disruption.message || entry.hint),
      occurredAtMs: disruption.lastTransitionAtMs,
      exit: undefined,
      covers: [{ container: undefined, occurrence: POD_TERMINAL }],
    });
  }
}
