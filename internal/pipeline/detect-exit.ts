/**
 * Exits of containers, from `state` and from `lastState`: a restart that happened between two looks left its exit there.
 */
import type { Look, Sighting } from './detect-types.ts';
import { isEvidence } from './detect-terminal.ts';
import { boundedReason, exitMessage, familyNames } from './detect-message.ts';
import { exitOccurrence, POD_TERMINAL } from './identity-occurrence.ts';
import { isFailedExit, looksStopped, plannedExit } from './planned.ts';
import type { ContainerFacts, Termination } from './pod-facts.ts';
import { terminatedReason } from './reasons.ts';

/** The exit in `state` or `lastState` if it is a failure to tell; undefined if there is none or it is silenced. */
export function failedExit(
  look: Look,
  container: ContainerFacts,
  where: 'state' | 'lastState',
): Termination | undefined {
  const exit = container[where];
  if (exit.kind !== 'terminated' || !isFailedExit(exit)) return undefined;
  const reason = isEvidence(exit, where, look.terminal)
    ? 'evidence'
    : plannedExit(exit, container, look.pod, replacedBy(look, container, exit), look.context.before);
  if (reason === undefined) return exit;
  look.silences.push({ reason, about: boundedReason(exit.reason || 'Error'), container: container.name });
  return undefined;
}

/** The container that an edited spec replaces. A resize stops one and does not crash it. */
function replacedBy({ context }: Look, { name }: ContainerFacts, exit: Termination): string {
  const known = context.memory?.get(name);
  if (known === undefined) return '';
  return known.resizedId === exit.containerId && looksStopped(exit) ? known.resizedId : known.replacedId;
}

/**
 * One exit as a sighting. A pod that failed because of it is told with it: the exit then passes as a failed pod, too,
 * and covers the end of the pod.
 */
export function exitSighting(
  look: Look,
  container: ContainerFacts,
  exit: Termination,
  where: 'state' | 'lastState',
): Sighting {
  const endsPod = look.terminal.kind === 'explained' && where === 'state';
  const entry = terminatedReason(exit.reason);
  return {
    occurrence: exitOccurrence(container, where),
    container,
    reason: boundedReason(entry.reason),
    families: exitFamilies(exit, endsPod),
    incidentClass: 'crash',
    severity: entry.severity,
    message: exitMessage(exit),
    occurredAtMs: exit.finishedAtMs > 0 ? exit.finishedAtMs : 0,
    exit,
    covers: endsPod ? [{ container: undefined, occurrence: POD_TERMINAL }] : [],
  };
}

/** The names of enabled_reasons an exit passes under. A start that failed is a failed container as well. */
export function exitFamilies(exit: Termination, endsPod: boolean): string[] {
  const { family, reason } = terminatedReason(exit.reason);
  const isFailed = endsPod || family === 'CreateContainerConfigError';
  return familyNames(family, reason, ...(isFailed ? ['Failed'] : []));
}
