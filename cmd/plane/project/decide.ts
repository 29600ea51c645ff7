/**
 * What becomes of each event of a delivery. Pure: the memory of the cluster, the events, the plane's time -> one named
 * disposition for each event, and from those the entries to remember.
 *
 * Rules: an event id counts once, the first telling wins. The cooldown belongs to the plane, by incident: an incident
 * told of within the cooldown is recorded and kept quiet, whichever replica of the agent tells it, except that its first
 * escalation (CrashLoopBackOff) is told. Times are compared as the events have them, since a backlog of hours may arrive
 * within a second; what comes late has a cooldown of its own time and moves no later one back. An event older than what
 * closed its incident is recorded and reopens nothing, unless that closing lies in our future: a clock that ran ahead must
 * not silence an incident until time has caught up with it. One that a digest tells of was held back by its agent: it is
 * told even so where it is later than what was heard of its incident, and reopens nothing either.
 */
import type { ReceivedEvent } from '../../../internal/restate/wire-schema.ts';
import { nameOf, packed, packedScope, scopeNameOf } from './entry.ts';
import { isOpen, type ClusterMemory, type Incident } from './memory.ts';

/** What became of an event; the letter is how it is stored. */
export const dispositions = {
  t: 'told',
  x: 'told-escalated',
  q: 'cooling-down',
  v: 'covered',
  l: 'late',
  r: 'resolved',
  n: 'noted',
  /** It was there before: nothing is recorded. */
  k: 'known',
  /** The same, and it had not been seen today, so that its remembering is prolonged. */
  K: 'known-again',
} as const;

export type Code = keyof typeof dispositions;
export type Disposition = (typeof dispositions)[Code];

const DAY_MS = 24 * 60 * 60 * 1000;

/** More than clocks differ by that are set at all: what lies further ahead of ours was told by one that was wrong. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** The day of a moment, counted from the epoch. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}

/** True of the codes of events that were there before. */
export function isKnown(code: string): boolean {
  return code === 'k' || code === 'K';
}

/** An event with what is needed of it again and again. */
export interface Prepared {
  readonly type: string;
  readonly reason: string;
  readonly name: string;
  /** Undefined where the agent names no incidents. */
  readonly incident: string | undefined;
  /** When it was observed; undefined where it doesn't say, then it is now. */
  readonly observedMs: number | undefined;
  readonly covers: readonly string[];
  /** Name of the scope its incident is of; undefined for the whole cluster. */
  readonly scope: string | undefined;
  /** Of a digest, the failures it tells of: each is decided as if it had come by itself. */
  readonly digested?: readonly Prepared[];
  /** It is one of those: gathered for a while before it was sent, so that its end may have come here first. */
  readonly isDigested?: true;
}

export function prepare(event: ReceivedEvent): Prepared {
  const { type, reason, scope, digest } = event;
  return {
    ...{ type, reason, name: nameOf(event.event_id) },
    incident: event.incident_key === undefined ? undefined : nameOf(event.incident_key),
    observedMs: event.observed_at === undefined ? undefined : Date.parse(event.observed_at),
    covers: event.covers === undefined ? [] : event.covers.map(nameOf),
    scope: scopeOf(scope),
    ...(type !== 'digest' || digest === undefined
      ? {}
      : { digested: digest.covered.map((failure) => prepareDigested(failure, { reason, scope })) }),
  };
}

function prepareDigested(
  failure: NonNullable<ReceivedEvent['digest']>['covered'][number],
  shared: Pick<ReceivedEvent, 'reason' | 'scope'>,
): Prepared {
  return {
    type: 'failure',
    reason: failure.reason ?? shared.reason,
    name: nameOf(failure.event_id),
    incident: nameOf(failure.incident_key),
    observedMs: Date.parse(failure.observed_at),
    covers: [],
    scope: scopeOf(failure.scope ?? shared.scope),
    isDigested: true,
  };
}

function scopeOf(scope: string | undefined): string | undefined {
  return scope === undefined || scope === '' ? undefined : scopeNameOf(scope);
}

/** One letter for each event, and one for each failure told of by digests among them, in their order. */
export interface Codes {
  readonly codes: string;
  readonly digested: string;
}

/**
 * Decides. Changes `memory` as it goes, so that an event repeated within the delivery is known; the caller keeps the
 * memory only if the delivery is applied.
 */
export function decideAll(
  memory: ClusterMemory,
  events: readonly Prepared[],
  nowMs: number,
  cooldownMs: number,
): Codes {
  let codes = '';
  let digested = '';
  for (const event of events) {
    const within = decideAll(memory, digestedOf(event, memory), nowMs, cooldownMs).codes;
    const code = within === '' ? decide(memory, event, nowMs, cooldownMs) : weightiest(within);
    memory.add(entriesOf(event, code, nowMs));
    codes += code;
    digested += within;
  }
  return { codes, digested };
}

/** Nothing is news of a digest that was here before. */
function digestedOf({ name, digested = [] }: Prepared, memory: ClusterMemory): readonly Prepared[] {
  return memory.receivedMs(name) === undefined ? digested : [];
}

/** A digest is what the weightiest of its failures is; covered, where each was told before. */
function weightiest(codes: string): Code {
  return (['x', 't', 'q', 'l'] as const).find((code) => codes.includes(code)) ?? 'v';
}

function decide(memory: ClusterMemory, event: Prepared, nowMs: number, cooldownMs: number): Code {
  const receivedMs = memory.receivedMs(event.name);
  if (receivedMs !== undefined) return dayOf(receivedMs) < dayOf(nowMs) ? 'K' : 'k';
  if (memory.isCovered(event.name)) return 'v';
  // An agent that names no incidents has its own cooldown.
  if (event.incident === undefined) return 't';
  return decideInIncident(memory.incident(event.incident), event, nowMs, cooldownMs);
}

function decideInIncident(incident: Incident, event: Prepared, nowMs: number, cooldownMs: number): Code {
  const atMs = event.observedMs ?? nowMs;
  if (event.type === 'resolved') return isNoNewsOfItsEnd(incident, atMs) ? 'l' : 'r';
  if (!isFailure(event)) return 'n';
  if (isLate(incident, atMs, nowMs) && !isFirstOfIt(incident, event, atMs)) return 'l';
  const isCooling = isNear(atMs, incident.toldMs, cooldownMs) || isNear(atMs, incident.toldLastMs, cooldownMs);
  if (isEscalation(event)) return isCooling && hasEscalated(incident) ? 'q' : 'x';
  return isCooling ? 'q' : 't';
}

/** It has shown since, or is over already: two replicas that both led for a moment tell one end by two ids. */
function isNoNewsOfItsEnd(incident: Incident, atMs: number): boolean {
  const { heardMs } = incident;
  return heardMs !== undefined && (atMs < heardMs || !isOpen(incident));
}

function isNear(atMs: number, toldMs: number | undefined, cooldownMs: number): boolean {
  return toldMs !== undefined && Math.abs(atMs - toldMs) < cooldownMs;
}

/** Whether a failure of that moment is older than what closed its incident. */
function isLate({ closedMs }: Incident, atMs: number, nowMs: number): boolean {
  return closedMs !== undefined && atMs <= closedMs && closedMs <= nowMs + CLOCKS_DIFFER_MS;
}

/** Whether the incident was closed before this failure of it, which was gathered meanwhile, was heard of at all. */
function isFirstOfIt({ heardMs }: Incident, { isDigested }: Prepared, atMs: number): boolean {
  return isDigested === true && (heardMs === undefined || atMs > heardMs);
}

/** The agent's predecessor sent an empty type, and only failures. */
function isFailure({ type }: Prepared): boolean {
  return type === '' || type === 'failure' || type === 'ongoing';
}

function isEscalation({ reason }: Prepared): boolean {
  return reason === 'CrashLoopBackOff';
}

/** Whether this opening of the incident was told of as escalated before. */
function hasEscalated({ escalatedMs, closedMs }: Incident): boolean {
  return escalatedMs !== undefined && (closedMs === undefined || escalatedMs > closedMs);
}

/** What is to be remembered of a delivery. A function of these three alone, so that a replay finds the same. */
export function entriesOfAll(events: readonly Prepared[], { codes, digested }: Codes, nowMs: number): string {
  let entries = '';
  let at = 0;
  for (const [index, event] of events.entries()) {
    const code = codes[index] ?? '';
    if (!isKnown(code)) {
      for (const failure of event.digested ?? []) entries += entriesOf(failure, digested[at++] ?? '', nowMs);
    }
    entries += entriesOf(event, code, nowMs);
  }
  return entries;
}

/** What is to be remembered of an event with this code, beside what it digests. */
export function entriesOf(event: Prepared, code: string, nowMs: number): string {
  if (code === 'k') return '';
  let entries = packed('e', event.name, nowMs);
  if (code === 'K') return entries;
  const digested = new Set(event.digested?.map(({ name }) => name));
  for (const name of event.covers) if (!digested.has(name)) entries += packed('v', name, nowMs);
  return event.digested === undefined ? entries + incidentEntryOf(event, code, nowMs) : entries;
}

function incidentEntryOf({ incident, observedMs, scope }: Prepared, code: string, nowMs: number): string {
  if (incident === undefined) return '';
  switch (code) {
    case 't':
    case 'x':
      return packed(code, incident, observedMs ?? nowMs) + (scope === undefined ? '' : packedScope(incident, scope));
    case 'q':
      return packed(code, incident, observedMs ?? nowMs);
    case 'r':
      return packed('c', incident, observedMs ?? nowMs);
    default:
      return '';
  }
}

/** The complete set of what is open in a scope, as it was at a moment. */
export interface OpenSet {
  readonly keys: readonly string[];
  readonly observedAtMs: number;
  /** Undefined for the whole cluster. */
  readonly scope: string | undefined;
}

/**
 * The names of open incidents that the set should hold and doesn't: those older than it, of its scope. A set of the whole
 * cluster speaks of all incidents, one of a part of it only of those that were told as of that very part.
 */
export function absentIncidents(memory: ClusterMemory, { keys, observedAtMs, scope }: OpenSet): string[] {
  const open = new Set(keys.map(nameOf));
  const scopeName = scope === undefined ? undefined : scopeNameOf(scope);
  const absent: string[] = [];
  for (const [name, incident] of memory.incidents()) {
    const isMeant = scopeName === undefined || incident.scope === scopeName;
    if (isMeant && isOpen(incident) && !open.has(name) && (incident.heardMs ?? 0) < observedAtMs) absent.push(name);
  }
  return absent;
}
