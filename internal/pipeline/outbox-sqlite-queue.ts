/**
 * What the durable store does to its tables, one transaction of it at a time. The transaction itself, and the file, are
 * outbox-sqlite-store.ts'.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CodedError } from '../platform/errors.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { assembleBody } from './outbox-body.ts';
import { storable, type BatchRow, type EventRecord, type QuarantineRecord } from './outbox-record.ts';
import { BatchTable } from './outbox-sqlite-batches.ts';
import { EventTable, runsOf } from './outbox-sqlite-events.ts';
import { KnownIds } from './outbox-sqlite-known.ts';
import { QuarantineTable } from './outbox-sqlite-quarantine.ts';
import { PAGE_BYTES } from './outbox-sqlite-schema.ts';
import { StateTable } from './outbox-sqlite-state.ts';
import { LOST_MARK, type EventHalf, type ListedQuarantine, type QuarantinedEvent } from './outbox.ts';
import type { AppendCall, AppendedCall, BatchRecord, EventRow, FrozenRows } from './outbox-store.ts';
import type { LoadedBatch, LoadResult, Settlement } from './outbox-store.ts';

/** Counters as they will be if the transaction commits, and the time it began. */
export interface WriteScope {
  lastSeq: number;
  lastBatch: number;
  added: number;
  removed: number;
  quarantined: number;
  readonly nowMs: number;
}

/** What an append may add: with events, and with state alone, which may take of what is kept for draining. */
export interface AppendRoom {
  readonly eventsBytes: number;
  readonly stateBytes: number;
}

/** What a row takes beside its bytes: columns, index entries, half-filled pages. Generous; the true count is read anew each time. */
const ROW_OVERHEAD_BYTES = 700;
/** The same of a value of the state. */
const STATE_OVERHEAD_BYTES = 200;

export class SqliteQueue {
  readonly events: EventTable;
  readonly state: StateTable;
  readonly #batches: BatchTable;
  readonly #quarantine: QuarantineTable;
  readonly #known: KnownIds;
  readonly #quarantineBytes: number;
  readonly #pageCount: StatementSync;
  readonly #freePages: StatementSync;

  constructor(db: DatabaseSync, quarantineBytes: number) {
    this.#quarantineBytes = quarantineBytes;
    this.events = new EventTable(db);
    this.state = new StateTable(db);
    this.#batches = new BatchTable(db);
    this.#quarantine = new QuarantineTable(db);
    this.#pageCount = db.prepare('PRAGMA page_count');
    this.#freePages = db.prepare('PRAGMA freelist_count');
    this.#known = new KnownIds(db);
  }

  /** Bytes of the file that hold something, and those that are free to be used again. */
  space(): { readonly usedBytes: number; readonly freeBytes: number } {
    const free = Number(this.#freePages.get()?.['freelist_count']);
    const pages = Number(this.#pageCount.get()?.['page_count']);
    return { usedBytes: (pages - free) * PAGE_BYTES, freeBytes: free * PAGE_BYTES };
  }

  totals(): { readonly events: number; readonly bytes: number; readonly quarantined: number } {
    const { events, bytes } = this.events.totals();
    return { events, bytes, quarantined: this.#quarantine.count() };
  }

  /** What doesn't fit into the room is full; its state is not written either. */
  append(calls: readonly AppendCall[], room: AppendRoom, scope: WriteScope): AppendedCall[] {
    let taken = 0;
    return calls.map((call) => {
      const bytes = bytesOf(call);
      const most = call.events.length > 0 ? room.eventsBytes : room.stateBytes;
      if (bytes > 0 && taken + bytes > most) return { result: 'full' };
      taken += bytes;
      for (const write of call.state) this.state.write(write);
      const fresh = call.events.map(storable).filter((event) => this.#known.add(event.eventId));
      const rows = fresh.map((event) => this.#insert({ seq: 0, generation: 0, event }, scope));
      return { result: 'appended', rows, known: call.events.length - rows.length };
    });
  }

  freeze(seqs: readonly number[], scope: WriteScope): FrozenRows {
    const damaged: number[] = [];
    const records: EventRecord[] = [];
    for (const [index, record] of this.events.getMany(seqs).entries()) {
      if (typeof record === 'object') records.push(record);
      else damaged.push(seqs[index] ?? 0);
    }
    this.#setAside(damaged, scope);
    if (records.length === 0) return { batch: undefined, damaged };
    const generation = Math.max(...records.map((record) => record.generation));
    return { batch: this.#newBatch(records, { generation, attempts: 0 }, scope), damaged };
  }

  /** Undefined where the batch can't be made again with the bytes and the key it was sent with. */
  load(batch: number): LoadedBatch | undefined {
    const row = this.#batches.get(batch);
    const records = this.events.getMany(row?.seqs ?? []).filter((record) => typeof record === 'object');
    if (row === undefined || records.length !== row.seqs.length) return undefined;
    const loaded = loadedBatch(row, records);
    return loaded.idempotencyKey === row.idempotencyKey ? loaded : undefined;
  }

  /** Its healthy events are loose again, and go under keys not used before. */
  dissolve(batch: number, scope: WriteScope): LoadResult {
    const row = this.#batches.get(batch);
    const damaged: number[] = [];
    const rows: EventRow[] = [];
    for (const seq of row?.seqs ?? []) {
      const record = this.events.get(seq);
      if (typeof record !== 'object') {
        damaged.push(seq);
        continue;
      }
      const generation = Math.max(record.generation, (row?.generation ?? 0) + 1);
      this.events.replace({ ...record, generation });
      rows.push(rowOf(record));
    }
    this.#setAside(damaged, scope);
    this.#batches.delete(batch);
    return { result: 'dissolved', rows, damaged };
  }

  /** How many of the quarantine's oldest had to go. */
  settle(batch: number, settlement: Settlement, scope: WriteScope): number {
    const row = this.#row(batch);
    if (settlement.as === 'quarantined') {
      scope.quarantined += row.seqs.length;
      for (const { seq, event } of this.#records(row)) {
        const { reason, atMs } = settlement;
        this.#quarantine.insert({ seq, event, generation: row.generation, reason, quarantinedAtMs: Math.trunc(atMs) });
      }
    }
    for (const [first, last] of runsOf(row.seqs)) {
      if (settlement.as === 'delivered') this.#known.forgetRange(first, last);
      this.events.deleteRange(first, last);
    }
    this.#batches.delete(batch);
    scope.removed += row.seqs.length;
    return settlement.as === 'quarantined' ? this.#trimQuarantine(scope) : 0;
  }

  release(batch: number, key: 'same' | 'next-generation'): BatchRecord {
    const row = this.#row(batch);
    const records = this.#records(row);
    const generation = row.generation + (key === 'next-generation' ? 1 : 0);
    return this.#putBatch({ ...row, generation, attempts: row.attempts + 1 }, records).record;
  }

  split(batch: number, scope: WriteScope): [BatchRecord, BatchRecord] {
    const row = this.#row(batch);
    const records = this.#records(row);
    const middle = Math.ceil(records.length / 2);
    const as = { generation: row.generation, attempts: row.attempts + 1 };
    this.#batches.delete(batch);
    const left = this.#newBatch(records.slice(0, middle), as, scope);
    const right = this.#newBatch(records.slice(middle), as, scope);
    return [left.record, right.record];
  }

  /** Of a batch of one. The left half has the place of the whole, the right one the last. */
  halve(batch: number, halves: readonly [EventHalf, EventHalf], scope: WriteScope): [BatchRecord, BatchRecord] {
    const row = this.#row(batch);
    const [left, right] = halves.flatMap((half) =>
      this.#records(row).map((record) => ({ ...record, event: { ...record.event, ...half } })),
    );
    if (left === undefined || right === undefined) throw new CodedError('INTERNAL', `batch ${batch} has no event`);
    this.#known.forgetRange(left.seq, left.seq);
    for (const { eventId } of halves) this.#known.add(eventId);
    this.events.replace(left);
    const last = { ...right, seq: this.#insert(right, scope).seq };
    const as = { generation: row.generation, attempts: row.attempts + 1 };
    this.#batches.delete(batch);
    return [this.#newBatch([left], as, scope).record, this.#newBatch([last], as, scope).record];
  }

  rewrite(batch: number, bytes: Uint8Array): BatchRecord {
    const row = this.#row(batch);
    const records = this.#records(row).map((record) => ({ ...record, event: { ...record.event, bytes } }));
    for (const record of records) this.events.replace(record);
    return this.#putBatch({ ...row, attempts: row.attempts + 1 }, records).record;
  }

  quarantined(): QuarantinedEvent[] {
    return this.#quarantine.all().map(quarantinedEvent);
  }

  listQuarantined(afterSeq: number, limit: number): ListedQuarantine[] {
    const records = this.#quarantine.list(afterSeq, limit);
    return records.map((record) => ({ seq: record.seq, event: quarantinedEvent(record) }));
  }

  quarantinedByReason(): Record<string, number> {
    return this.#quarantine.reasons();
  }

  requeue(eventIds: readonly string[], scope: WriteScope): EventRow[] {
    return eventIds.flatMap((eventId) => {
      const found = this.#quarantine.get(eventId);
      if (found === undefined) return [];
      this.#quarantine.delete(eventId);
      scope.quarantined -= 1;
      return this.#insert({ seq: 0, generation: found.generation + 1, event: found.event }, scope);
    });
  }

  /** What the file holds when it is opened: its batches, and how many damaged rows were set aside on the way. */
  takeOver(scope: WriteScope): { readonly batches: BatchRecord[]; readonly damaged: number } {
    const removedBefore = scope.removed;
    if (this.#known.rebuild() < this.events.totals().events) this.#sortOutTwins(scope);
    const batches = this.#batches.ids().flatMap((batch) => this.#batchRecord(batch, scope));
    return { batches, damaged: scope.removed - removedBefore };
  }

  /** A batch of which a row is missing, or that doesn't check itself, is dissolved. */
  #batchRecord(batch: number, scope: WriteScope): BatchRecord[] {
    const row = this.#batches.get(batch);
    const rows = row?.seqs.map((seq) => this.events.row(seq)).filter((found) => found !== undefined) ?? [];
    if (row !== undefined && rows.length === row.seqs.length) return [recordOf(row, rows)];
    this.dissolve(batch, scope);
    return [];
  }

  /** Of rows that claim one id those that don't check are set aside. */
  #sortOutTwins(scope: WriteScope): void {
    this.#setAside(
      this.#known.twins().filter((seq) => this.events.get(seq) === 'damaged'),
      scope,
    );
  }

  /** At the end of the queue. */
  #insert(record: EventRecord, scope: WriteScope): EventRow {
    scope.lastSeq += 1;
    scope.added += 1;
    const placed = { ...record, seq: scope.lastSeq };
    this.events.insert(placed);
    return rowOf(placed);
  }

  /** Takes rows that don't check out of the queue, and keeps them where nothing reads them. */
  #setAside(seqs: readonly number[], scope: WriteScope): void {
    for (const seq of seqs) {
      this.events.setAside(seq, scope.nowMs);
      scope.removed += this.events.deleteRange(seq, seq);
    }
    if (seqs.length === 0) return;
    this.markLost();
    // What id a damaged row had can't be told from it.
    this.#known.rebuild();
  }

  /** Something is lost, and somebody is to look for it. */
  markLost(): void {
    this.state.put({ ...LOST_MARK, value: '1' });
  }

  #newBatch(
    records: readonly EventRecord[],
    as: { readonly generation: number; readonly attempts: number },
    scope: WriteScope,
  ): LoadedBatch {
    scope.lastBatch += 1;
    const seqs = records.map((record) => record.seq);
    return this.#putBatch({ batch: scope.lastBatch, ...as, seqs, idempotencyKey: '' }, records);
  }

  /** Stores the batch under the key that follows from what it now is. */
  #putBatch(row: BatchRow, records: readonly EventRecord[]): LoadedBatch {
    const loaded = loadedBatch(row, records);
    this.#batches.put({ ...row, idempotencyKey: loaded.idempotencyKey });
    return loaded;
  }

  #trimQuarantine(scope: WriteScope): number {
    const beyond = this.#quarantine.idsBeyond(this.#quarantineBytes);
    for (const eventId of beyond) {
      this.#quarantine.delete(eventId);
      this.#known.forget(eventId);
    }
    scope.quarantined -= beyond.length;
    return beyond.length;
  }

  #row(batch: number): BatchRow {
    const row = this.#batches.get(batch);
    if (row === undefined) throw new CodedError('OUTBOX_BATCH_UNKNOWN', `there is no batch ${batch}`);
    return row;
  }

  /** The batch's events. One that is damaged fails the call; load() then dissolves the batch. */
  #records(row: BatchRow): EventRecord[] {
    return this.events.getMany(row.seqs).map((record, index) => {
      if (typeof record === 'object') return record;
      const place = row.seqs[index];
      throw new CodedError('OUTBOX_BATCH_UNKNOWN', `the event at place ${place} of batch ${row.batch} is damaged`);
    });
  }
}

function bytesOf({ events, state }: AppendCall): number {
  const eventBytes = events.reduce((sum, { bytes }) => sum + bytes.length + ROW_OVERHEAD_BYTES, 0);
  return state.reduce(
    (sum, { value }) => sum + (value === undefined ? 0 : value.length + STATE_OVERHEAD_BYTES),
    eventBytes,
  );
}

function loadedBatch(row: BatchRow, records: readonly EventRecord[]): LoadedBatch {
  const { handler, body, slices } = assembleBody(records.map((record) => record.event.bytes));
  const events = records.map(({ event }, index) => ({ ...event, bytes: slices[index] ?? event.bytes }));
  const record = recordOf(row, records.map(rowOf));
  return { record, handler, body, events, idempotencyKey: idempotencyKey(handler, row.generation, body) };
}

function recordOf({ batch, generation, attempts }: BatchRow, rows: readonly EventRow[]): BatchRecord {
  return { batchId: String(batch), generation, attempts, rows };
}

function rowOf({ seq, event }: EventRecord): EventRow {
  return { seq, podUid: event.podUid, bytes: event.bytes.length, observedAtMs: event.observedAtMs };
}

function quarantinedEvent({ event, reason, quarantinedAtMs }: QuarantineRecord): QuarantinedEvent {
  return { ...event, reason, quarantinedAtMs };
}
