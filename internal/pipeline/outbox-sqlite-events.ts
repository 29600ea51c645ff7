/**
 * The table of stored events: statements, and rows in both directions. A row that doesn't check is never returned as an
 * event; it reads as `damaged`.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { eventCrc, type EventRecord } from './outbox-record.ts';
import { isOutOfRange } from './outbox-sqlite-errors.ts';
import type { EventRow } from './outbox-store.ts';
import type { OutboxEvent } from './outbox.ts';

type Row = Record<string, SQLOutputValue>;

/** Damaged rows kept for whoever wants to look at them. */
const DAMAGED_KEPT = 100;

export class EventTable {
  readonly #insert: StatementSync;
  readonly #restore: StatementSync;
  readonly #get: StatementSync;
  readonly #range: StatementSync;
  readonly #scan: StatementSync;
  readonly #row: StatementSync;
  readonly #after: StatementSync;
  readonly #delete: StatementSync;
  readonly #totals: StatementSync;
  readonly #trimDamaged: StatementSync;
  readonly #setAside: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?)');
    this.#restore = db.prepare('INSERT OR IGNORE INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?)');
    this.#get = db.prepare('SELECT * FROM event WHERE seq = ?');
    this.#range = db.prepare('SELECT * FROM event WHERE seq BETWEEN ? AND ?');
    this.#scan = db.prepare(
      'SELECT seq, pod_uid, length(body) AS bytes, observed FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#row = db.prepare('SELECT seq, pod_uid, length(body) AS bytes, observed FROM event WHERE seq = ?');
    this.#after = db.prepare('SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?');
    this.#delete = db.prepare('DELETE FROM event WHERE seq BETWEEN ? AND ?');
    this.#totals = db.prepare(
      'SELECT count(*) AS events, coalesce(sum(length(body)), 0) AS bytes, coalesce(max(seq), 0) AS last FROM event',
    );
    this.#trimDamaged = db.prepare(
      'DELETE FROM damaged WHERE seq NOT IN (SELECT seq FROM damaged ORDER BY found DESC, seq DESC LIMIT ?)',
    );
    this.#setAside = db.prepare(
      'INSERT INTO damaged (seq, found, body) SELECT seq, ?, body FROM event WHERE seq = ? ON CONFLICT DO NOTHING',
    );
  }

  /** The place must be free; that the id is new is for the caller to know. */
  insert(record: EventRecord): void {
    this.#insert.run(...allColumns(record));
  }

  /** For repairs: false if the place is taken. */
  restore(record: EventRecord): boolean {
    return this.#restore.run(...allColumns(record)).changes === 1;
  }

  get(seq: number): EventRecord | 'damaged' | undefined {
    const row = readRow(() => this.#get.get(seq));
    return row === undefined || row === 'damaged' ? row : checkedEvent(row);
  }

  /** The same for each of these places, which cost a third less if they are read together (measured). */
  getMany(seqs: readonly number[]): (EventRecord | 'damaged' | undefined)[] {
    const found = new Map<number, EventRecord | 'damaged'>();
    for (const [first, last] of runsOf(seqs)) {
      const rows = readRow(() => this.#range.all(first, last));
      if (rows === 'damaged') return seqs.map((seq) => this.get(seq));
      for (const row of rows) found.set(Number(row['seq']), checkedEvent(row));
    }
    return seqs.map((seq) => found.get(seq));
  }

  /** What freezing needs to know of the rows after `afterSeq`; their bytes are not read, nor checked yet. */
  scan(afterSeq: number, limit: number): EventRow[] {
    return this.#scan.all(afterSeq, limit).map(eventRow);
  }

  row(seq: number): EventRow | undefined {
    const row = this.#row.get(seq);
    return row === undefined ? undefined : eventRow(row);
  }

  /** Events after `afterSeq` that check; the others are left out. */
  list(afterSeq: number, limit: number): EventRecord[] {
    const records = this.#after.all(afterSeq, limit).map(checkedEvent);
    return records.filter((record) => record !== 'damaged');
  }

  /** How many rows there were. */
  deleteRange(firstSeq: number, lastSeq: number): number {
    return Number(this.#delete.run(firstSeq, lastSeq).changes);
  }

  /** The same place and id, other content. */
  replace(record: EventRecord): void {
    this.deleteRange(record.seq, record.seq);
    this.insert(record);
  }

  /** Copies a row that doesn't check, as it is, to where nothing reads it. */
  setAside(seq: number, foundAtMs: number): void {
    this.#setAside.run(Math.trunc(foundAtMs), seq);
    this.#trimDamaged.run(DAMAGED_KEPT);
  }

  totals(): { readonly events: number; readonly bytes: number; readonly lastSeq: number } {
    const row = this.#totals.get();
    return { events: Number(row?.['events']), bytes: Number(row?.['bytes']), lastSeq: Number(row?.['last']) };
  }
}

/** The columns before crc32 and body, in the order of the table. */
export function eventColumns(record: EventRecord): (string | number)[] {
  const { eventId, podUid, namespace, pod, phase, fingerprint, observedAtMs } = record.event;
  return [record.seq, eventId, podUid, namespace, pod, phase, fingerprint, observedAtMs, record.generation];
}

/** The event of a row of `event` or `quarantine`, unchecked. */
export function eventOf(row: Row): EventRecord {
  const event: OutboxEvent = {
    eventId: String(row['id']),
    podUid: String(row['pod_uid']),
    namespace: String(row['namespace']),
    pod: String(row['pod']),
    phase: String(row['phase']),
    fingerprint: String(row['fingerprint']),
    bytes: row['body'] instanceof Uint8Array ? row['body'] : new Uint8Array(),
    observedAtMs: Number(row['observed']),
  };
  return { seq: Number(row['seq']), generation: Number(row['generation']), event };
}

/** Reads rows. An integer beyond the safe ones was never written by us. */
function readRow<T>(read: () => T): T | 'damaged' {
  try {
    return read();
  } catch (error) {
    if (isOutOfRange(error)) return 'damaged';
    throw error;
  }
}

function allColumns(record: EventRecord): (string | number | Uint8Array)[] {
  return [...eventColumns(record), eventCrc('event', record), record.event.bytes];
}

function checkedEvent(row: Row): EventRecord | 'damaged' {
  const record = eventOf(row);
  return eventCrc('event', record) === row['crc32'] ? record : 'damaged';
}

function eventRow(row: Row): EventRow {
  return {
    seq: Number(row['seq']),
    podUid: String(row['pod_uid']),
    bytes: Number(row['bytes']),
    observedAtMs: Number(row['observed']),
  };
}

/** Runs of places without a gap: 1, 2, 3, 7, 8 are [1, 3] and [7, 8]. */
export function runsOf(seqs: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const seq of seqs) {
    const run = runs.at(-1);
    if (run !== undefined && seq === run[1] + 1) run[1] = seq;
    else runs.push([seq, seq]);
  }
  return runs;
}
