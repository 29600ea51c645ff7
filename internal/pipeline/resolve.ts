/**
 * Which incidents that were told are over: pure. An incident is over when the pod has not shown it for the stabilisation
 * time, or is gone; until then one that shows again goes on as if nothing had been.
 *
 * What a finding of `resolved` says of the trouble comes from what was remembered when it was told; of the pod, from the
 * pod as it is now.
 */
import { FLAP_DOUBLINGS } from '../platform/limits.ts';
import { describePod } from './detect-finding.ts';
import type { Finding } from './finding.ts';
import { resolvedId } from './identity.ts';
import { newIncident, type Incident, type Incidents, type ToldOf } from './incidents.ts';
import type { PodFacts } from './pod-facts.ts';

/** An incident that was told and does not show. */
export interface Cleared {
  readonly key: string;
  readonly incident: Incident;
  readonly told: ToldOf;
}

/** Of the incidents that were told, those that the pod does not show. */
export function clearedAmong(incidents: Incidents | undefined, open: ReadonlySet<string>): Cleared[] {
  const cleared: Cleared[] = [];
  for (const [key, incident] of incidents ?? []) {
    const { told, lastToldAtMs } = incident;
    if (told !== undefined && lastToldAtMs !== undefined && !open.has(key)) cleared.push({ key, incident, told });
  }
  return cleared;
}

/** What is told of an incident that is over. `clearedAtMs`: since when it has not shown. Ms since the epoch. */
export function resolvedFinding(
  { key, incident, told }: Cleared,
  pod: PodFacts,
  at: { readonly clearedAtMs: number; readonly nowMs: number; readonly isGone: boolean },
): Finding {
  const { families, severity, incidentClass, fingerprint, container } = told;
  return {
    ...{ families, severity, incidentClass, fingerprint, incidentKey: key },
    type: 'resolved',
    eventId: resolvedId(told.eventId),
    occurrence: `resolved:${told.eventId}`,
    reason: told.reason,
    message: at.isGone ? `${told.reason} is over: the pod is gone` : `${told.reason} is over`,
    pod: describePod(pod),
    container: container === undefined ? undefined : { ...container, exit: undefined },
    occurredAtMs: at.clearedAtMs,
    observedAtMs: at.nowMs,
    covers: [],
    closes: closedBy(incident, told),
    restartsUnseen: incident.unseen,
    ...(incident.counted > 1 ? { occurrences: incident.counted } : {}),
  };
}

/** What was told is among them, also where so much was counted since that memory has no room for its id. */
function closedBy({ ids }: Incident, { eventId }: ToldOf): string[] {
  const known = [...ids].filter(([, how]) => how === 'told' || how === 'counted').map(([id]) => id);
  return known.includes(eventId) ? known : [eventId, ...known];
}

/**
 * The incident after it was resolved: its ids stay known, so that a fact that shows once more is not told twice; what is
 * new of it begins it anew.
 */
export function afterResolved({ ids, flaps = 0 }: Incident, nowMs: number): Incident {
  return { ...newIncident(nowMs), ids, flaps: flaps + 1 };
}

/**
 * How long this incident must not show before it is over: each time it came back soon after it was told as over, twice
 * as long as the time before.
 */
export function holdDownMs({ flaps = 0 }: Pick<Incident, 'flaps'>, afterMs: number): number {
  return afterMs * 2 ** Math.min(flaps, FLAP_DOUBLINGS);
}
