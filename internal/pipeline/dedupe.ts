/**
 * Dedupe: was this told already, and if it goes on, is it time to say so again? Pure: decide() names the reason,
 * remember() gives the memory after it. An event id is told at most once; an incident at once when it begins and when
 * an exit becomes a loop, then once for each cooldown, with the number of attempts since.
 *
 * The plane is the last word on the cooldown, as a new leader can't know what the old one told: this only saves
 * traffic, and tells too much rather than too little where it must guess.
 */
import { INCIDENT_IDLE_MS, STABLE_RUN_MS } from '../platform/limits.ts';
import { GRAVITY } from './filter.ts';
import type { Finding, Severity } from './finding.ts';
import { ongoingBucket, ongoingId } from './identity.ts';
import { escalates, goesOn, standsStill } from './identity-occurrence.ts';
import {
  knownAs,
  newIncident,
  withIds,
  withIncident,
  type Incident,
  type Incidents,
  type KnownAs,
  type ToldOf,
} from './incidents.ts';

export type DedupeDecision =
  | { readonly send: true; readonly reason: 'first' | 'escalated' | 'cooldown-elapsed' }
  | { readonly send: false; readonly reason: DedupeReason };

type DedupeReason = 'already-told' | 'covered' | 'ended-before-look-back' | 'silenced-before' | 'cooling-down';

/** How precisely `lastSeenAtMs` is kept for what shows unchanged, so that it costs no write at each update. */
const SEEN_GRAIN_MS = 60_000;

/** `nowMs` on the scale of the incidents' times; `cooldownMs` of 0 tells everything once and all that goes on always. */
export function decideDedupe(
  finding: Finding,
  incidents: Incidents | undefined,
  nowMs: number,
  cooldownMs: number,
): DedupeDecision {
  const incident = incidents?.get(finding.incidentKey);
  const toldAtMs = incident?.lastToldAtMs;
  const isCool = toldAtMs === undefined || nowMs - toldAtMs >= cooldownMs;
  const known = knownAs(incidents, finding.eventId);
  // What was silenced and still shows is as if nobody had seen it: whether it is silenced once more is not decided here.
  if (known !== undefined && !(known === 'silenced' && stillShows(finding))) {
    return decideKnown(finding, known, incident, isCool, cooldownMs);
  }
  if (incident === undefined || toldAtMs === undefined) return { send: true, reason: 'first' };
  if (isCool && isOver(incident, finding, nowMs)) return { send: true, reason: 'first' };
  if (escalates(finding.occurrence) && !incident.isEscalated) return { send: true, reason: 'escalated' };
  return isCool && isLaterOngoing(finding, incident, cooldownMs)
    ? { send: true, reason: 'cooldown-elapsed' }
    : { send: false, reason: 'cooling-down' };
}

const WHY_KNOWN = {
  told: 'already-told',
  counted: 'already-told',
  covered: 'covered',
  old: 'ended-before-look-back',
  silenced: 'silenced-before',
} as const satisfies Record<KnownAs, string>;

function decideKnown(
  finding: Finding,
  known: KnownAs,
  incident: Incident | undefined,
  isCool: boolean,
  cooldownMs: number,
): DedupeDecision {
  const isDueAgain =
    goesOn(finding.occurrence) &&
    isCool &&
    incident?.lastToldAtMs !== undefined &&
    isLaterOngoing(finding, incident, cooldownMs);
  return isDueAgain ? { send: true, reason: 'cooldown-elapsed' } : { send: false, reason: WHY_KNOWN[known] };
}

/** Two tellings of what goes on must fall into different cooldowns, as their ids are made from these. */
function isLaterOngoing(finding: Finding, incident: Incident, cooldownMs: number): boolean {
  if (incident.lastOngoingAtMs === 0) return true;
  return ongoingBucket(happenedAtMs(finding), cooldownMs) > ongoingBucket(incident.lastOngoingAtMs, cooldownMs);
}

/** The trouble had ended before this occurrence: the container ran well in between, or nothing was seen for long. */
function isOver(incident: Incident, finding: Finding, nowMs: number): boolean {
  if ((finding.container?.exit?.ranForMs ?? 0) >= STABLE_RUN_MS) return true;
  return nowMs - incident.lastSeenAtMs >= INCIDENT_IDLE_MS;
}

function happenedAtMs({ occurrence, occurredAtMs, observedAtMs }: Finding): number {
  return occurredAtMs === 0 || standsStill(occurrence) ? observedAtMs : occurredAtMs;
}

/** The finding as it is to be told: under the id of `ongoing` where it goes on, with what was counted since. */
export function toTell(
  finding: Finding,
  decision: Extract<DedupeDecision, { send: true }>,
  incidents: Incidents | undefined,
  cooldownMs: number,
): Finding {
  const incident = incidents?.get(finding.incidentKey);
  const occurrences = (incident?.counted ?? 0) + (isNewAttempt(finding, incidents) ? 1 : 0);
  const told: Finding = {
    ...finding,
    restartsUnseen: finding.restartsUnseen + (incident?.unseen ?? 0),
    ...(occurrences > 1 || decision.reason === 'cooldown-elapsed' ? { occurrences } : {}),
  };
  if (decision.reason !== 'cooldown-elapsed') return told;
  return {
    ...told,
    type: 'ongoing',
    severity: severityOf(finding, incident),
    eventId: ongoingId(finding.incidentKey, happenedAtMs(finding), cooldownMs),
    covers: [finding.eventId, ...finding.covers],
  };
}

/** What goes on is as grave as it was: the exit of a container that is in a crash loop is more than an exit. */
function severityOf({ severity }: Finding, incident: Incident | undefined): Severity {
  const before = incident?.told?.severity ?? severity;
  return GRAVITY[before] > GRAVITY[severity] ? before : severity;
}

/** An attempt counts once, however many views of it show. */
function isNewAttempt(finding: Finding, incidents: Incidents | undefined): boolean {
  return [finding.eventId, ...finding.covers].every((id) => knownAs(incidents, id) === undefined);
}

/** The pod's memory after the decision; the very object given if there is nothing new to remember. */
export function remember(
  finding: Finding,
  decision: DedupeDecision,
  incidents: Incidents | undefined,
  nowMs: number,
): Incidents | undefined {
  const before = incidents?.get(finding.incidentKey);
  if (decision.send) return withIncident(incidents, finding.incidentKey, told(finding, decision.reason, before, nowMs));
  const counted = decision.reason === 'cooling-down' && isNewAttempt(finding, incidents) ? 1 : 0;
  if (counted === 0 && !hasNews(finding, incidents, before, nowMs)) return incidents;
  const incident = before ?? newIncident(nowMs);
  return withIncident(incidents, finding.incidentKey, {
    ...incident,
    lastSeenAtMs: isStillSeen(finding, decision) ? nowMs : incident.lastSeenAtMs,
    counted: incident.counted + counted,
    unseen: incident.unseen + finding.restartsUnseen,
    ids: withIds(incident, idsOf(finding, decision.reason === 'cooling-down' ? 'counted' : undefined)),
  });
}

function told(
  finding: Finding,
  reason: 'first' | 'escalated' | 'cooldown-elapsed',
  before: Incident | undefined,
  nowMs: number,
): Incident {
  const incident = before ?? newIncident(nowMs);
  const flaps = flapsOf(incident, nowMs);
  const isEscalated = escalates(finding.occurrence) || (reason !== 'first' && incident.isEscalated);
  return {
    lastToldAtMs: nowMs,
    lastSeenAtMs: nowMs,
    lastOngoingAtMs: reason === 'cooldown-elapsed' ? happenedAtMs(finding) : incident.lastOngoingAtMs,
    isEscalated,
    counted: 0,
    unseen: 0,
    ids: withIds(incident, idsOf(finding, 'told')),
    told: { ...toldOf(finding), severity: reason === 'first' ? finding.severity : severityOf(finding, incident) },
    ...(flaps === 0 ? {} : { flaps }),
  };
}

/** What was over for long comes back as if for the first time. */
function flapsOf({ flaps = 0, lastSeenAtMs }: Incident, nowMs: number): number {
  return nowMs - lastSeenAtMs >= INCIDENT_IDLE_MS ? 0 : flaps;
}

function toldOf({ container, ...finding }: Finding): ToldOf {
  const { eventId, reason, families, severity, incidentClass, fingerprint } = finding;
  const { name, role, image } = container ?? {};
  return {
    ...{ eventId, reason, families, severity, incidentClass, fingerprint },
    container: name === undefined || role === undefined ? undefined : { name, role, image: image ?? '' },
  };
}

/** Marks what is over before anybody looked as known, so that a later update of its pod doesn't tell it. */
export function rememberOld(finding: Finding, incidents: Incidents | undefined, nowMs: number): Incidents | undefined {
  const isKnown = knownAs(incidents, finding.eventId) !== undefined;
  if (isKnown && finding.restartsUnseen === 0) return incidents;
  const incident = incidents?.get(finding.incidentKey) ?? newIncident(nowMs);
  const unseen = incident.unseen + finding.restartsUnseen;
  const ids = isKnown ? incident.ids : withIds(incident, idsOf(finding, 'old'));
  return withIncident(incidents, finding.incidentKey, { ...incident, unseen, ids });
}

/** Marks what was silenced as known, so that it is counted once, and is not told when it is long over. */
export function rememberSilenced(finding: Finding, incidents: Incidents | undefined, nowMs: number): Incidents {
  const added = [...idsOf(finding, 'silenced')].filter(([id]) => knownAs(incidents, id) === undefined);
  if (incidents !== undefined && added.length === 0) return incidents;
  const incident = incidents?.get(finding.incidentKey) ?? newIncident(nowMs);
  return withIncident(incidents, finding.incidentKey, { ...incident, ids: withIds(incident, added) });
}

/** A state that lasts, or the end of a pod that is still there. */
function stillShows({ occurrence, pod }: Finding): boolean {
  return goesOn(occurrence) || pod.phase === 'Failed';
}

function* idsOf(finding: Finding, known: KnownAs | undefined): Generator<readonly [string, KnownAs]> {
  for (const id of finding.covers) yield [id, 'covered'];
  if (known !== undefined) yield [finding.eventId, known];
}

function isStillSeen(finding: Finding, decision: DedupeDecision): boolean {
  return goesOn(finding.occurrence) || decision.reason === 'cooling-down';
}

function hasNews(
  finding: Finding,
  incidents: Incidents | undefined,
  incident: Incident | undefined,
  nowMs: number,
): boolean {
  if (finding.restartsUnseen > 0) return true;
  const lastSeenAtMs = incident?.lastSeenAtMs ?? nowMs;
  if (goesOn(finding.occurrence) && nowMs - lastSeenAtMs >= SEEN_GRAIN_MS) return true;
  return [finding.eventId, ...finding.covers].some((id) => knownAs(incidents, id) === undefined);
}
