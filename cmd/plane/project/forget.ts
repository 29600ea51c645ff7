/**
 * Forgetting: names not seen for 7 days, and deliveries of that age, leave the state. Open incidents are carried over,
 * however old they are.
 *
 * Pages are in the order of time, so forgetting is letting the first ones go; the day marks in the head say which. It is
 * begun by the first delivery of a day and runs as calls of its own, a bounded piece at a time.
 */
import type { ObjectContext } from '@restatedev/restate-sdk';
import { dayOf } from './decide.ts';
import { packed, packedScope } from './entry.ts';
import { ClusterMemory, isOpen, type Incident } from './memory.ts';
import { addEntries, emptyHead, readPages, type Head, type Span } from './state.ts';

const DAYS_REMEMBERED = 7;

/** Deliveries cleared by one call at most. */
const CLEARED_AT_ONCE = 500;

/** Whether there is something to forget and that was not begun today. */
export function isForgettingDue(head: Head, nowMs: number): boolean {
  return head.forgotDay < dayOf(nowMs) && firstDayKept(head, nowMs) > 0;
}

/**
 * Index of the oldest mark that stays: what has a number from before it was stored on a day that is over for 7 days. The
 * youngest always stays.
 */
function firstDayKept(head: Head, nowMs: number): number {
  const oldestKept = dayOf(nowMs) - DAYS_REMEMBERED;
  const index = head.marks.findIndex(({ day }) => day >= oldestKept);
  return index === -1 ? Math.max(0, head.marks.length - 1) : index;
}

/** Forgets a piece; true where more is left. The head goes first: a call that is killed before it has forgotten nothing. */
export async function forget(context: ObjectContext, nowMs: number): Promise<boolean> {
  const head = (await context.get<Head>('head')) ?? emptyHead();
  const kept = firstDayKept(head, nowMs);
  const mark = head.marks[kept];
  if (mark === undefined || kept === 0) return false;
  const pages = { first: head.pages.first, next: Math.max(head.pages.first, mark.page) };
  const log = { first: head.log.first, next: Math.min(mark.log, head.log.first + CLEARED_AT_ONCE) };
  await forgetPages(context, head, pages);
  head.log.first = Math.max(log.first, log.next);
  const isMore = head.log.first < mark.log;
  if (!isMore) head.marks.splice(0, kept);
  head.stamp = String(context.request().id);
  context.set('head', head);
  for (const number of numbersOf(pages)) context.clear(`page/${number}`);
  for (const number of numbersOf(log)) context.clear(`log/${number}`);
  return isMore;
}

/** Takes the pages out of the head, and carries what must stay of them over. */
async function forgetPages(context: ObjectContext, head: Head, { first, next }: Span): Promise<void> {
  if (first >= next) return;
  const old = await readPages(context, first, next);
  const young = await readPages(context, next, head.pages.next);
  addEntries(context, head, carriedOver(old, [...young, head.tail]));
  head.pages.first = next;
}

function* numbersOf({ first, next }: Span): Generator<number> {
  for (let number = first; number < next; number++) yield number;
}

/** Entries that say of each open incident what the pages that stay don't. */
export function carriedOver(old: readonly string[], young: readonly string[]): string {
  const all = new ClusterMemory();
  const left = new ClusterMemory();
  for (const page of [...old, ...young]) all.add(page);
  for (const page of young) left.add(page);
  let entries = '';
  for (const [name, incident] of all.incidents()) {
    const known = left.incident(name);
    const isKept = (['toldMs', 'toldLastMs', 'heardMs'] as const).every((moment) => known[moment] === incident[moment]);
    if (isOpen(incident) && !isKept) entries += entriesOfIncident(name, incident);
  }
  return entries;
}

function entriesOfIncident(
  name: string,
  { toldMs, toldLastMs, escalatedMs, heardMs, closedMs, scope }: Incident,
): string {
  return [
    closedMs === undefined ? '' : packed('c', name, closedMs),
    escalatedMs === undefined ? '' : packed('x', name, escalatedMs),
    toldMs === undefined ? '' : packed('t', name, toldMs),
    toldLastMs === undefined || toldLastMs === toldMs ? '' : packed('t', name, toldLastMs),
    heardMs === undefined ? '' : packed('q', name, heardMs),
    // Last, as it was after the telling it came with: it is never forgotten before that.
    scope === undefined ? '' : packedScope(name, scope),
  ].join('');
}
