/**
 * How one cluster's memory and the deliveries it received lie in Restate's state:
 *
 *   head       what changes with each delivery, in one value: stamp, counts, the youngest entries, where the rest lies
 *   page/{n}   packed entries, never changed after they were written
 *   log/{n}    the events of one delivery as they came (received.ts)
 *
 * A delivery writes its log, pages if there are any to write, and then the head: the head is the commit. Values beyond
 * what it names are not there yet, and are written over should an invocation have died before its head. So the cost of a
 * delivery does not depend on how much is remembered: it reads and writes a head of at most TAIL_ENTRIES, and its own.
 */
import { serde, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { dayOf, type Disposition } from './decide.ts';
import { ENTRY_LENGTH } from './entry.ts';
import { ClusterMemory } from './memory.ts';
import { together } from './together.ts';

/** What happened so far. */
export interface Counts {
  deliveries: number;
  /** Incidents closed because they were absent from a complete set. */
  closed: number;
  /** Events by what became of them. */
  events: Partial<Record<Disposition, number>>;
}

/** From this day on, entries and deliveries have these numbers or higher ones. */
export interface DayMark {
  readonly day: number;
  readonly page: number;
  readonly log: number;
}

export interface Head {
  /** Id of the invocation that wrote it: no two heads have the same. */
  stamp: string;
  counts: Counts;
  /** The youngest entries, packed. */
  tail: string;
  /** Pages are numbered from `first` up to, without, `next`; so are deliveries. */
  pages: Span;
  log: Span;
  marks: DayMark[];
  /** The day on which forgetting was last begun. */
  forgotDay: number;
  /** This cluster's own cooldown; absent where it has the plane's. */
  cooldownMs?: number;
}

export interface Span {
  first: number;
  next: number;
}

/** Entries in the head at most; more are moved to a page. 10 KiB. */
const TAIL_ENTRIES = 512;
/** Entries in a page at most. 42 KiB. */
const PAGE_ENTRIES = 2048;
/** Pages asked for at once when all are read. */
const PAGES_AT_ONCE = 32;

const text = serde.binary;

/** A head nothing has happened to yet. */
export function emptyHead(): Head {
  return {
    stamp: '',
    counts: { deliveries: 0, closed: 0, events: {} },
    tail: '',
    pages: { first: 0, next: 0 },
    log: { first: 0, next: 0 },
    marks: [],
    forgotDay: 0,
  };
}

/** Reads everything that is remembered. Costs as much as there is; needed once after a start of the plane, or a move. */
export async function readMemory(context: ObjectSharedContext, head: Head): Promise<ClusterMemory> {
  const memory = new ClusterMemory();
  for (let from = head.pages.first; from < head.pages.next; from += PAGES_AT_ONCE) {
    const pages = await readPages(context, from, Math.min(head.pages.next, from + PAGES_AT_ONCE));
    for (const page of pages) memory.add(page);
  }
  memory.add(head.tail);
  return memory;
}

/** The packed entries of pages `from` up to, without, `until`. */
export async function readPages(context: ObjectSharedContext, from: number, until: number): Promise<string[]> {
  const numbers = Array.from({ length: until - from }, (_, index) => from + index);
  const pages = await together<(Uint8Array | null)[]>(
    numbers.map((number) => context.get<Uint8Array>(`page/${number}`, text)),
  );
  return pages.map((page) => (page === null ? '' : Buffer.from(page).toString('latin1')));
}

/** Adds entries to the tail, and moves it to pages when it has grown too long. */
export function addEntries(context: ObjectContext, head: Head, entries: string): void {
  head.tail += entries;
  if (head.tail.length <= TAIL_ENTRIES * ENTRY_LENGTH) return;
  const pageLength = PAGE_ENTRIES * ENTRY_LENGTH;
  for (let start = 0; start < head.tail.length; start += pageLength) {
    const page = Buffer.from(head.tail.slice(start, start + pageLength), 'latin1');
    context.set(`page/${head.pages.next++}`, page, text);
  }
  head.tail = '';
}

/** Notes the beginning of a day, so that what is older can be told by its number. */
export function markDay(head: Head, nowMs: number): void {
  const day = dayOf(nowMs);
  const last = head.marks.at(-1);
  if (last === undefined || last.day < day) {
    head.marks.push({ day, page: head.pages.next, log: head.log.next });
  }
}
