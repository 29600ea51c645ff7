/**
 * Incidents: what is remembered of the troubles of one pod, so that none is told twice and the next telling can say
 * how much happened since. Immutable records; a pod that never failed has none. Bounded: an incident keeps the last
 * few event ids (only those can still show), a pod its last incidents.
 *
 * Times are on one scale that never jumps (pipeline.ts anchors it to the wall clock at start), but for
 * `lastOngoingAtMs`, which is a time of the objects.
 */
import type { FindingContainer, IncidentClass, Severity } from './finding.ts';
import { IDS_KEPT_PER_INCIDENT, INCIDENTS_KEPT_PER_POD } from '../platform/limits.ts';

/** By incident key, the longest untouched first. */
export type Incidents = ReadonlyMap<string, Incident>;

/**
 * How an event id came to be known: told itself; counted, to be told with what goes on; covered by another view of the
 * same attempt; old, over before anybody looked; or silenced, and counted as such.
 */
export type KnownAs = 'told' | 'counted' | 'covered' | 'old' | 'silenced';

/** What was last told of an incident, for telling that it is over. */
export interface ToldOf {
  readonly eventId: string;
  readonly reason: string;
  readonly families: readonly string[];
  readonly severity: Severity;
  readonly incidentClass: IncidentClass;
  readonly fingerprint: string;
  readonly container: Omit<FindingContainer, 'exit'> | undefined;
}

export interface Incident {
  /** Undefined while nothing of it was told. */
  readonly lastToldAtMs: number | undefined;
  readonly lastSeenAtMs: number;
  /** When the occurrence happened that `ongoing` was last told by; 0 if it never was. */
  readonly lastOngoingAtMs: number;
  /** Its loop was told. */
  readonly isEscalated: boolean;
  /** Attempts since the last telling. */
  readonly counted: number;
  /** Restarts nobody saw since the last telling. */
  readonly unseen: number;
  readonly ids: ReadonlyMap<string, KnownAs>;
  /** Absent while nothing of it was told, and where an earlier version remembered it. */
  readonly told?: ToldOf;
  /** How often it was told as over and came back soon; 0 where absent. */
  readonly flaps?: number;
}

export function newIncident(nowMs: number): Incident {
  return {
    lastToldAtMs: undefined,
    lastSeenAtMs: nowMs,
    lastOngoingAtMs: 0,
    isEscalated: false,
    counted: 0,
    unseen: 0,
    ids: new Map(),
  };
}

/** How this pod's memory knows an event id, in whichever incident: a covered one lies in that of what covers it. */
export function knownAs(incidents: Incidents | undefined, eventId: string): KnownAs | undefined {
  if (incidents === undefined) return undefined;
  for (const { ids } of incidents.values()) {
    const known = ids.get(eventId);
    if (known !== undefined) return known;
  }
  return undefined;
}

/** The pod's memory as if nothing of it had been told: what was over before anybody looked, or was silenced, stays known. */
export function withoutTold(incidents: Incidents): Incidents {
  if (![...incidents.values()].some(isTold)) return incidents;
  return new Map([...incidents].map(([key, incident]) => [key, untold(incident)]));
}

function isTold({ lastToldAtMs, ids }: Incident): boolean {
  return lastToldAtMs !== undefined || [...ids.values()].some((known) => known !== 'old' && known !== 'silenced');
}

function untold({ told: _, ...incident }: Incident): Incident {
  const ids = new Map([...incident.ids].filter(([, known]) => known === 'old' || known === 'silenced'));
  return { ...incident, lastToldAtMs: undefined, isEscalated: false, ids };
}

/** Whether anything of this pod was silenced. */
export function hasSilenced(incidents: Incidents | undefined): boolean {
  return incidents !== undefined && [...incidents.values()].some(({ ids }) => [...ids.values()].includes('silenced'));
}

/** The incident's ids with these added, oldest dropped beyond the limit. What is known already keeps its word. */
export function withIds({ ids }: Incident, added: Iterable<readonly [string, KnownAs]>): ReadonlyMap<string, KnownAs> {
  const next = new Map(ids);
  for (const [id, known] of added) {
    if (next.get(id) !== known && !(next.has(id) && known === 'covered')) next.set(id, known);
  }
  for (const id of next.keys()) {
    if (next.size <= IDS_KEPT_PER_INCIDENT) break;
    next.delete(id);
  }
  return next;
}

/** The pod's incidents with this one put last; the longest untouched are dropped beyond the limit. */
export function withIncident(incidents: Incidents | undefined, key: string, incident: Incident): Incidents {
  const next = new Map(incidents);
  next.delete(key);
  next.set(key, incident);
  for (const oldest of next.keys()) {
    if (next.size <= INCIDENTS_KEPT_PER_POD) break;
    next.delete(oldest);
  }
  return next;
}
