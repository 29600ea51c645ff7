/**
 * What becomes of failures that the outbox has no room for: of those with one fingerprint the first is kept whole, the
 * others are counted on it, with the times of the first and the last. There is one row for each fingerprint, in the
 * outbox's state, changed in place; once there is room it becomes an event under the id it always had.
 *
 * Promises: no id is made up, none is forgotten in silence: what is counted here is not remembered as told, so that a
 * look at all pods tells each that still shows by itself. The rows together take a bounded number of bytes, which come
 * out of what is kept for draining. No I/O here: the appender stores and loads.
 */
import { eventAsJson, eventFromJson } from './event-text.ts';
import type { Incidents } from './incidents.ts';
import type { OutboxEvent, StateWrite } from './outbox.ts';

/** Space of the outbox's state; the key is the fingerprint. */
export const COALESCED_SPACE = 'coalesced';

/** What an event says of those that were counted on it. Times as observed, Ms since the epoch. */
export interface CoalescedCounts {
  /** Failures beside the event's own. */
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface CoalescedRow extends CoalescedCounts {
  readonly event: OutboxEvent;
}

export type CoalesceResult =
  /** The first of its fingerprint: kept whole. */
  | 'kept'
  | 'counted'
  /** It is the very one that is kept: after a restart, say. */
  | 'already-kept'
  /** Its fingerprint is new, and the rows take all they may: it has to wait. */
  | 'no-room';

export class Coalescer {
  readonly #mostBytes: number;
  readonly #rows = new Map<string, CoalescedRow>();
  readonly #dirty = new Set<string>();
  /** What was remembered of each subject before one of its findings was counted: what holds again in the end. */
  readonly #before = new Map<string, Incidents | undefined>();
  #bytes = 0;
  #counted = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get fingerprints(): number {
    return this.#rows.size;
  }

  /** Failures counted on the rows there are. */
  get counted(): number {
    return this.#counted;
  }

  /** True if a row changed since it was last stored. */
  get hasChanges(): boolean {
    return this.#dirty.size > 0;
  }

  /** Whether the subject's memory says more than was told, and so must not be stored. */
  isAhead(subject: string): boolean {
    return this.#before.has(subject);
  }

  /** `before`: what was remembered of the subject before this event was. */
  offer(event: OutboxEvent, subject: string, before: Incidents | undefined): CoalesceResult {
    const known = this.#rows.get(event.fingerprint);
    if (known === undefined) return this.#keep(event);
    if (known.event.eventId === event.eventId) return 'already-kept';
    const { observedAtMs } = event;
    this.#put({
      event: known.event,
      count: known.count + 1,
      firstAtMs: Math.min(known.firstAtMs, observedAtMs),
      lastAtMs: Math.max(known.lastAtMs, observedAtMs),
    });
    this.#counted += 1;
    if (!this.#before.has(subject)) this.#before.set(subject, before);
    return 'counted';
  }

  /** True if it is kept here under its own id. */
  holds({ fingerprint, eventId }: OutboxEvent): boolean {
    return this.#rows.get(fingerprint)?.event.eventId === eventId;
  }

  /** Rows that changed since the last call. Give them back with `untake` if they were not stored. */
  takeWrites(): StateWrite[] {
    const writes = [...this.#dirty].map((key) => ({
      space: COALESCED_SPACE,
      key,
      value: encodeRow(this.#rows.get(key)),
    }));
    this.#dirty.clear();
    return writes;
  }

  untake(writes: readonly StateWrite[]): void {
    for (const { space, key } of writes) if (space === COALESCED_SPACE && this.#rows.has(key)) this.#dirty.add(key);
  }

  /** The oldest rows, to become events. They stay until `released`. */
  oldest(limit: number): CoalescedRow[] {
    return [...this.#rows.values()].slice(0, limit);
  }

  /** These are events now; the writes that delete their rows went along. */
  released(rows: readonly CoalescedRow[]): void {
    for (const { event } of rows) {
      const row = this.#rows.get(event.fingerprint);
      if (row === undefined) continue;
      this.#rows.delete(event.fingerprint);
      this.#dirty.delete(event.fingerprint);
      this.#bytes -= event.bytes.length;
      this.#counted -= row.count;
    }
  }

  /** What is to be remembered again of the subjects whose findings were counted; asked once, when no row is left. */
  takeBefore(): ReadonlyMap<string, Incidents | undefined> {
    const before = new Map(this.#before);
    this.#before.clear();
    return before;
  }

  /** Rows of an earlier process. What can't be read is skipped, and counted in the answer. */
  load(stored: ReadonlyMap<string, string>): { readonly skipped: number } {
    let skipped = 0;
    for (const text of stored.values()) {
      const row = decodeRow(text);
      if (row === undefined) skipped += 1;
      else this.#load(row);
    }
    return { skipped };
  }

  #keep(event: OutboxEvent): CoalesceResult {
    if (this.#bytes + event.bytes.length > this.#mostBytes) return 'no-room';
    this.#put({ event, count: 0, firstAtMs: event.observedAtMs, lastAtMs: event.observedAtMs });
    this.#bytes += event.bytes.length;
    return 'kept';
  }

  #put(row: CoalescedRow): void {
    this.#rows.set(row.event.fingerprint, row);
    this.#dirty.add(row.event.fingerprint);
  }

  #load(row: CoalescedRow): void {
    this.#rows.set(row.event.fingerprint, row);
    this.#bytes += row.event.bytes.length;
    this.#counted += row.count;
  }
}

/** Writes that take the rows out of the outbox's state, to go with the events that they become. */
export function deletions(rows: readonly CoalescedRow[]): StateWrite[] {
  return rows.map(({ event }) => ({ space: COALESCED_SPACE, key: event.fingerprint, value: undefined }));
}

function encodeRow(row: CoalescedRow | undefined): string | undefined {
  if (row === undefined) return undefined;
  return JSON.stringify({ ...row, event: eventAsJson(row.event) });
}

function decodeRow(text: string): CoalescedRow | undefined {
  try {
    const { event: fields, count, firstAtMs, lastAtMs } = JSON.parse(text) as CoalescedRow;
    const event = eventFromJson(fields);
    if (event === undefined || ![count, firstAtMs, lastAtMs].every(Number.isFinite)) return undefined;
    return { event, count, firstAtMs, lastAtMs };
  } catch {
    return undefined;
  }
}
