/**
 * Incidents as text, for the state the outbox stores in the same transaction as the events they belong to. Compact, as
 * it is written with every failure: one array an incident, ids with a letter in front that says how they are known.
 */
import type { FindingContainer } from './finding.ts';
import { newIncident, type Incident, type Incidents, type KnownAs, type ToldOf } from './incidents.ts';

const LETTERS: Record<KnownAs, string> = { told: 't', counted: 'c', covered: 'v', old: 'o', silenced: 's' };
const WORDS = new Map(Object.entries(LETTERS).map(([word, letter]) => [letter, word as KnownAs]));

/** Undefined where there is nothing worth keeping. */
export function encodeIncidents(incidents: Incidents): string | undefined {
  if (incidents.size === 0) return undefined;
  return JSON.stringify([...incidents].map(([key, incident]) => encodeIncident(key, incident)));
}

function encodeIncident(key: string, incident: Incident): unknown[] {
  const {
    lastToldAtMs,
    lastSeenAtMs,
    lastOngoingAtMs,
    isEscalated,
    counted,
    unseen,
    ids,
    told: of,
    flaps = 0,
  } = incident;
  const told = lastToldAtMs === undefined ? null : Math.round(lastToldAtMs);
  const known = [...ids].map(([id, how]) => LETTERS[how] + id);
  return [
    key,
    told,
    Math.round(lastSeenAtMs),
    lastOngoingAtMs,
    isEscalated ? 1 : 0,
    counted,
    unseen,
    known,
    ...(of === undefined && flaps === 0 ? [] : [of === undefined ? null : encodeTold(of)]),
    ...(flaps === 0 ? [] : [flaps]),
  ];
}

/**
 * What encodeIncidents wrote; undefined for anything else. Times ahead of `nowMs` become `nowMs`: the machine's clock
 * was set back in between, and a cooldown must not last until it catches up.
 */
export function decodeIncidents(text: string, nowMs: number): Incidents | undefined {
  const rows = parsed(text);
  if (!Array.isArray(rows)) return undefined;
  const incidents = new Map<string, Incident>();
  for (const row of rows as unknown[]) {
    const decoded = decodeIncident(row, nowMs);
    if (decoded === undefined) return undefined;
    incidents.set(decoded.key, decoded.incident);
  }
  return incidents;
}

function decodeIncident(row: unknown, nowMs: number): { key: string; incident: Incident } | undefined {
  if (!Array.isArray(row)) return undefined;
  const [key, told, seen, ongoing, escalated, counted, unseen, known, of, flaps] = row as unknown[];
  const toldOf = decodeTold(of);
  const numbers = [seen, ongoing, counted, unseen];
  if (typeof key !== 'string' || !numbers.every(Number.isFinite) || !Array.isArray(known)) return undefined;
  if (told !== null && !Number.isFinite(told)) return undefined;
  const incident: Incident = {
    ...newIncident(nowMs),
    lastToldAtMs: told === null ? undefined : Math.min(told as number, nowMs),
    lastSeenAtMs: Math.min(seen as number, nowMs),
    lastOngoingAtMs: ongoing as number,
    isEscalated: escalated === 1,
    counted: counted as number,
    unseen: unseen as number,
    ids: new Map((known as unknown[]).flatMap(decodeId)),
    ...(toldOf === undefined ? {} : { told: toldOf }),
    ...(Number.isSafeInteger(flaps) ? { flaps: flaps as number } : {}),
  };
  return { key, incident };
}

function encodeTold({ eventId, reason, families, severity, incidentClass, fingerprint, container }: ToldOf): unknown[] {
  const of = container === undefined ? [] : [container.name, container.role, container.image];
  return [eventId, reason, families, severity, incidentClass, fingerprint, ...of];
}

/** Undefined for what is absent or odd: then its end is not told, and nothing else is lost. */
function decodeTold(row: unknown): ToldOf | undefined {
  if (!Array.isArray(row)) return undefined;
  const [eventId, reason, families, severity, incidentClass, fingerprint, ...of] = row as unknown[];
  const words = [eventId, reason, severity, incidentClass, fingerprint, ...of];
  if (!words.every(isText) || !Array.isArray(families) || !families.every(isText)) return undefined;
  const [name, role, image] = of as [string, FindingContainer['role'], string] | [];
  return {
    ...({ eventId, reason, families, severity, incidentClass, fingerprint } as Omit<ToldOf, 'container'>),
    container: name === undefined || role === undefined ? undefined : { name, role, image: image ?? '' },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function decodeId(text: unknown): (readonly [string, KnownAs])[] {
  if (typeof text !== 'string') return [];
  const word = WORDS.get(text.slice(0, 1));
  return word === undefined ? [] : [[text.slice(1), word]];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
