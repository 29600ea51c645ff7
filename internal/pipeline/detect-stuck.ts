/**
 * States that are normal and must not last: waiting for a node, for a container, for readiness, for the end. Told once
 * their delay is over; until then the look says when to look again, since nothing may change in between.
 *
 * At most one for each look, and none where a container's own trouble explains it: a pod whose image can't be pulled is
 * Pending and not Ready because of that.
 */
import type { Detector, Look } from './detect-types.ts';
import { sightingOf } from './detect-sighting.ts';
import { goesOn } from './identity-occurrence.ts';
import type { PodFacts } from './pod-facts.ts';
import { conditionOf, defaultStuckDelays, type StuckDelays } from './stuck-delays.ts';
import { stuckTerminating, stuckUnready, unknownOf } from './stuck-running.ts';
import { stuckStart, type Lasting } from './stuck-start.ts';

/** Whether the pod is in a state that must not last. What nearly all pods are not, so this is asked first. */
export function isOnItsWay(pod: PodFacts): boolean {
  if (pod.deletionAtMs !== 0) return true;
  switch (pod.phase) {
    case 'Running':
      return (conditionOf(pod, 'Ready')?.status ?? 'True') !== 'True';
    case 'Pending':
    case 'Unknown':
      return true;
    default:
      return false;
  }
}

/** Tells what has lasted for too long; returns when something will have. Comes after the other detectors. */
export const detectStuck: Detector['detect'] = (look) => {
  const { pod, context } = look;
  if (context.change === 'deleted' || !isOnItsWay(pod)) return undefined;
  const lasting = lastingOf(look, delaysOf(context.delays));
  if (lasting === undefined || lasting.sinceMs <= 0) return undefined;
  if (context.nowMs < lasting.dueAtMs) return lasting.dueAtMs;
  push(look, lasting);
  return undefined;
};

function delaysOf(set: Partial<StuckDelays> | undefined): StuckDelays {
  return set === undefined ? defaultStuckDelays : { ...defaultStuckDelays, ...set };
}

function lastingOf(look: Look, delays: StuckDelays): Lasting | undefined {
  const { pod, terminal } = look;
  if (pod.deletionAtMs !== 0) return stuckTerminating(pod, delays);
  if (terminal.kind !== 'none' || isExplained(look)) return undefined;
  if (pod.phase === 'Unknown') return unknownOf(pod);
  return stuckStart(pod, delays) ?? stuckUnready(pod, delays);
}

/** Something that goes on, or a container that has just failed, is why. An exit before the present attempt is not. */
function isExplained({ sightings }: Look): boolean {
  return sightings.some(
    ({ occurrence, container, exit }) => goesOn(occurrence) || (exit !== undefined && exit === container?.state),
  );
}

function push(look: Look, { entry, occurrence, container, sinceMs, message }: Lasting): void {
  look.sightings.push(sightingOf(entry, { occurrence, container, message, occurredAtMs: sinceMs }));
}
