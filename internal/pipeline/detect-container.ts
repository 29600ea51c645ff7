/**
 * What happens to single containers: init, sidecar and app alike. Ephemeral ones are read and never told.
 *
 * An exit, its OOM kill and its back-off are views of one attempt, so a look at a container tells at most one of them:
 * the loop where it shows, which then covers the exit; else the exit. A state that waits for another cause (image,
 * configuration) is told beside the exit before it, as these are two things.
 */
import type { Detector, Look } from './detect-types.ts';
import { exitFamilies, exitSighting, failedExit } from './detect-exit.ts';
import { boundedReason, boundedText, familyNames, loopMessage } from './detect-message.ts';
import { sightingOf } from './detect-sighting.ts';
import { exitOccurrence, loopOccurrence, pullOccurrence, startOccurrence } from './identity-occurrence.ts';
import { isFailedExit, plannedState } from './planned.ts';
import type { ContainerFacts, ContainerState, Termination } from './pod-facts.ts';
import { waitingReason, type ReasonEntry } from './reasons.ts';

type Waiting = Extract<ContainerState, { kind: 'waiting' }>;

/** Looks at every container of the pod. */
export const detectContainers: Detector['detect'] = (look) => {
  for (const container of look.pod.containers) {
    if (isCalm(container)) continue;
    if (container.role === 'ephemeral') silenceEphemeral(look, container);
    else detectContainer(look, container);
  }
  return undefined;
};

/** Nothing about this container is or was wrong: what nearly all are, so this is asked first. */
export function isCalm({ state, lastState }: ContainerFacts): boolean {
  if (lastState.kind === 'terminated' && isFailedExit(lastState)) return false;
  switch (state.kind) {
    case 'running':
    case 'none':
      return true;
    case 'terminated':
      return !isFailedExit(state);
    case 'waiting':
      return state.reason === '' || waitingReason(state.reason).view === 'starting';
  }
}

function silenceEphemeral(look: Look, { name, state }: ContainerFacts): void {
  const reason = state.kind === 'waiting' || state.kind === 'terminated' ? state.reason : '';
  look.silences.push({ reason: 'ephemeral', about: boundedReason(reason || 'Error'), container: name });
}

function detectContainer(look: Look, container: ContainerFacts): void {
  const { state } = container;
  const isExitTold = state.kind === 'waiting' && detectWaiting(look, container, state);
  if (!isExitTold) detectExit(look, container, 'lastState');
  detectExit(look, container, 'state');
}

/** Tells one exit, unless this look has told it already: both states may show the same one. */
function detectExit(look: Look, container: ContainerFacts, where: 'state' | 'lastState'): void {
  const exit = failedExit(look, container, where);
  if (exit === undefined) return;
  const sighting = exitSighting(look, container, exit, where);
  if (look.sightings.some((other) => other.container === container && other.occurrence === sighting.occurrence)) return;
  look.sightings.push(sighting);
}

/** Returns whether the exit in lastState has been told with it. */
function detectWaiting(look: Look, container: ContainerFacts, waiting: Waiting): boolean {
  const entry = waitingReason(waiting.reason);
  const { view } = entry;
  if (view === undefined || view === 'starting') return false;
  const silence =
    look.terminal.kind === 'none' ? plannedState(look.pod, look.context.change === 'deleted') : 'evidence';
  if (silence !== undefined) {
    look.silences.push({ reason: silence, about: boundedReason(entry.reason), container: container.name });
    return false;
  }
  switch (view) {
    case 'loop':
      return pushLoop(look, container, waiting, entry);
    case 'run':
      return pushFailedStart(look, container, waiting, entry);
    case 'pull':
      pushWaiting(look, container, waiting, entry, pullOccurrence(container));
      return false;
    case 'start':
      pushWaiting(look, container, waiting, entry, startOccurrence(container, entry.family));
      return false;
  }
}

/** A back-off carries the cause of the exit it follows and covers that exit, unless the exit was no failure. */
function pushLoop(look: Look, container: ContainerFacts, waiting: Waiting, entry: ReasonEntry): boolean {
  const last = container.lastState.kind === 'terminated' ? container.lastState : undefined;
  const failed = failedExit(look, container, 'lastState');
  const reason = boundedReason(entry.reason);
  look.sightings.push({
    occurrence: loopOccurrence(container),
    container,
    reason,
    families: familyNames(entry.family, ...(failed === undefined ? [] : exitFamilies(failed, false)), reason),
    incidentClass: entry.incidentClass,
    severity: entry.severity,
    message: loopMessage(waiting.message, last),
    occurredAtMs: finishedAtMs(last),
    exit: last,
    covers: failed === undefined ? [] : [{ container, occurrence: exitOccurrence(container, 'lastState') }],
  });
  return true;
}

/**
 * A container that was made and whose start failed leaves an exit under its own id: that is what is told, under the
 * words of the waiting state, which say more. Without such an exit it is told as a start that failed.
 */
function pushFailedStart(look: Look, container: ContainerFacts, waiting: Waiting, entry: ReasonEntry): boolean {
  if (!hasLeftExit(container)) {
    pushWaiting(look, container, waiting, entry, startOccurrence(container, entry.family));
    return false;
  }
  const exit = failedExit(look, container, 'lastState');
  if (exit === undefined) return true;
  const sighting = exitSighting(look, container, exit, 'lastState');
  const reason = boundedReason(entry.reason);
  look.sightings.push({
    ...sighting,
    reason,
    families: familyNames(entry.family, ...sighting.families, reason),
    severity: entry.severity,
    message: waiting.message === '' ? sighting.message : boundedText(waiting.message),
  });
  return true;
}

/** The container the status is about is the one whose failed exit lastState shows. */
function hasLeftExit({ containerId, lastState }: ContainerFacts): boolean {
  if (lastState.kind !== 'terminated' || !isFailedExit(lastState)) return false;
  return containerId !== '' && lastState.containerId === containerId;
}

function pushWaiting(
  look: Look,
  container: ContainerFacts,
  waiting: Waiting,
  entry: ReasonEntry,
  occurrence: string,
): void {
  const message = waiting.message || entry.hint;
  look.sightings.push(sightingOf(entry, { occurrence, container, message, occurredAtMs: 0 }));
}

function finishedAtMs(exit: Termination | undefined): number {
  return exit === undefined || exit.finishedAtMs <= 0 ? 0 : exit.finishedAtMs;
}
