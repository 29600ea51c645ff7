/**
 * A node that is not Ready is one trouble, not that of each of its pods: what follows from it for a pod is silenced while
 * the node is told of (node-trouble.ts). What containers did by themselves is told as ever.
 */
import { CLOCK_SKEW_MS } from '../platform/limits.ts';
import type { Look, Sighting } from './detect-types.ts';
import { kindOf } from './identity-occurrence.ts';

/** Words for a pod that was given up because of its node. */
const OF_THE_NODE: ReadonlySet<string> = new Set(['DeletionByTaintManager', 'NodeLost', 'Unknown']);

/** Turns sightings that follow from the node into silences, and returns them. */
export function silenceByNode(look: Look): readonly Sighting[] {
  const sinceMs = look.context.nodeNotReadySinceMs;
  if (sinceMs === undefined || look.sightings.length === 0) return NOTHING;
  const hidden = look.sightings.filter((sighting) => followsFromNode(sighting, sinceMs));
  if (hidden.length === 0) return NOTHING;
  const told = look.sightings.filter((sighting) => !hidden.includes(sighting));
  look.sightings.splice(0, Infinity, ...told);
  for (const { reason, container } of hidden) {
    look.silences.push({ reason: 'node-not-ready', about: reason, container: container?.name ?? '' });
  }
  return hidden;
}

const NOTHING: readonly Sighting[] = [];

/** A pod that wasn't Ready before its node left has a trouble of its own. */
function followsFromNode({ occurrence, occurredAtMs, reason }: Sighting, sinceMs: number): boolean {
  switch (kindOf(occurrence)) {
    case 'stuck-start':
    case 'terminating':
    case 'unknown':
      return true;
    case 'unready':
      return occurredAtMs >= sinceMs - CLOCK_SKEW_MS;
    case 'disrupted':
    case 'pod-terminal':
      return OF_THE_NODE.has(reason);
    default:
      return false;
  }
}
