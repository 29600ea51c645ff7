/**
 * The verdict of a soak: what the lister saw in the cluster against what the plane holds. It never looks at the agents. Pure.
 *
 * A failure that was due is told by its id: by itself, in a digest, or covered by another view of the same attempt. Doubled
 * is an id the plane holds twice, and an incident it told of or closed more often than its cooldown allows. Wrong is what
 * nobody can have seen: another id, something in a namespace that is not managed, an end of what still goes on.
 */
import type { ReceivedItem } from '../../cmd/plane/project/received.ts';
import { resolvedId } from '../../internal/pipeline/identity.ts';
import { failuresIn } from '../chaos/oracle.ts';

/** What the lister knows of an id. */
export interface Seen {
  readonly words: string;
  readonly uid: string;
  /** It had to be told. */
  readonly isDue: boolean;
  /** When it showed last; wall clock, Ms. */
  readonly lastShownMs: number;
  /** Only ever in a namespace that is not managed: until when an agent may not have known that. */
  readonly unmanagedHeardUntilMs?: number;
}

export interface SoakVerdict {
  readonly failures: number;
  readonly told: number;
  readonly missed: readonly string[];
  readonly doubled: readonly string[];
  readonly wrong: readonly string[];
}

/** Clocks are the same machine's; a look takes a moment. */
const LOOK_MS = 10_000;

export function judgeSoak(
  seen: ReadonlyMap<string, Seen>,
  held: readonly ReceivedItem[],
  cooldownMs: number,
): SoakVerdict {
  const told = toldIds(held);
  const due = [...seen].filter(([, { isDue }]) => isDue);
  const missed = due.filter(([id]) => !told.has(id)).map(([id, { words }]) => `${id} ${words}`);
  const incidents = new Set(held.filter(({ event }) => isKnownFailure(event, seen)).flatMap(incidentsOf));
  return {
    failures: due.length,
    told: due.length - missed.length,
    missed,
    doubled: [...heldTwice(held), ...toldTooOften(held, cooldownMs), ...closedTwice(held)],
    wrong: held.filter((item) => !isTrue(item, seen, incidents)).map(({ event }) => wordsOf(event)),
  };
}

export function isClean({ missed, doubled, wrong }: SoakVerdict): boolean {
  return missed.length + doubled.length + wrong.length === 0;
}

/** Ids that count as told. */
export function toldIds(held: readonly ReceivedItem[]): Set<string> {
  const told = new Set<string>();
  for (const { event } of held) {
    if (event.type === 'resolved') continue;
    for (const failure of failuresIn(event)) told.add(String(failure['event_id']));
    for (const id of event.covers ?? []) told.add(id);
  }
  return told;
}

type Event = ReceivedItem['event'];

/** True to what was seen. */
function isTrue({ event }: ReceivedItem, seen: ReadonlyMap<string, Seen>, incidents: ReadonlySet<string>): boolean {
  switch (event.type) {
    case 'resolved':
      return isOver(event, seen);
    case 'ongoing':
      return incidents.has(event.incident_key ?? '');
    default:
      return isKnownFailure(event, seen);
  }
}

function isKnownFailure(event: Event, seen: ReadonlyMap<string, Seen>): boolean {
  if (event.type !== 'failure' && event.type !== 'digest') return false;
  return failuresIn(event).every((failure) => {
    const known = seen.get(String(failure['event_id']));
    const observedMs = Date.parse(String(failure['observed_at']));
    return known !== undefined && observedMs <= (known.unmanagedHeardUntilMs ?? Infinity);
  });
}

/** It closes what was seen of one pod and shows no more, under the id that follows from something it closes. */
function isOver({ closes = [], event_id: id, observed_at: at = '' }: Event, seen: ReadonlyMap<string, Seen>): boolean {
  const closed = closes.map((each) => seen.get(each));
  const lastMs = Math.max(...closed.map((each) => each?.lastShownMs ?? Infinity));
  if (!closes.some((each) => resolvedId(each) === id)) return false;
  return new Set(closed.map((each) => each?.uid)).size === 1 && lastMs <= Date.parse(at) + LOOK_MS;
}

function heldTwice(held: readonly ReceivedItem[]): string[] {
  const ids = new Set<string>();
  return held.flatMap(({ event }) => {
    const isAgain = ids.has(event.event_id);
    ids.add(event.event_id);
    return isAgain ? [`held twice: ${wordsOf(event)}`] : [];
  });
}

/** Two tellings within the cooldown, but for the first escalation. */
function toldTooOften(held: readonly ReceivedItem[], cooldownMs: number): string[] {
  const lastMs = new Map<string, number>();
  return held.flatMap(({ event, disposition }) => {
    const { incident_key: key = '', observed_at: at = '', type } = event;
    if (type === 'digest' || type === 'resolved' || disposition !== 'told') return [];
    const before = lastMs.get(key);
    lastMs.set(key, Date.parse(at));
    const isAgain = before !== undefined && Math.abs(Date.parse(at) - before) < cooldownMs;
    return isAgain ? [`told again within the cooldown: ${wordsOf(event)}`] : [];
  });
}

/** No incident of a soak begins anew once it is over. */
function closedTwice(held: readonly ReceivedItem[]): string[] {
  const keys = new Set<string>();
  return held.flatMap(({ event, disposition }) => {
    if (disposition !== 'resolved') return [];
    const isAgain = keys.has(event.incident_key ?? '');
    keys.add(event.incident_key ?? '');
    return isAgain ? [`closed twice: ${wordsOf(event)}`] : [];
  });
}

function incidentsOf({ event }: ReceivedItem): string[] {
  return failuresIn(event).map((failure) => String(failure['incident_key']));
}

function wordsOf({ event_id, type, namespace, name, reason, observed_at }: Event): string {
  return `${event_id} ${type} ${namespace}/${name}: ${reason}, observed at ${observed_at ?? '?'}`;
}
