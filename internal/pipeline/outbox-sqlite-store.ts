/**
 * The durable store: an SQLite file that survives the process and, with a disk that keeps what it synced, the power.
 *
 * What it promises beyond OutboxStore: a call that has resolved is synced to the disk (write-ahead log, synchronous=FULL);
 * each call is one transaction; bytes that don't check are never handed out. SQLite runs synchronously in whichever
 * thread calls: outbox-thread.ts gives it one of its own, so that a slow fsync doesn't stop the watch.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { Ballast, deviceRoom } from './outbox-ballast.ts';
import { coded, isDamage, isFull } from './outbox-sqlite-errors.ts';
import { outboxFiles } from './outbox-sqlite-file.ts';
import { openFile, type OpenFile } from './outbox-sqlite-open.ts';
import { SqliteQueue, type WriteScope } from './outbox-sqlite-queue.ts';
import { limitLog, migrations } from './outbox-sqlite-schema.ts';
import { noCounters } from './outbox-sqlite-state.ts';
import { QUARANTINE_SHARE } from './outbox-store.ts';
import type { EventHalf, ListedEvent, ListedQuarantine, QuarantinedEvent, StoreDescription } from './outbox.ts';
import type {
  AppendCall,
  AppendedCall,
  BatchRecord,
  EventRow,
  FrozenRows,
  LoadResult,
  OutboxStore,
  Settlement,
  StoreOpening,
} from './outbox-store.ts';

export interface SqliteStoreOptions {
  /** Where the files are; made with mode 0700 if missing. */
  readonly dir: string;
  /** Most the database file may take; at least 1 MiB. The log takes up to 8 MiB more, the ballast up to 4 MiB. */
  readonly quotaBytes: number;
  readonly clock: Clock;
  /** What to do with a damaged file, and with none: `refuse` is for whoever only looks. Default `repair`. */
  readonly otherwise?: 'repair' | 'refuse';
  /** For tests of upgrades. */
  readonly migrations?: readonly string[];
}

/** Kept, of the quota as of the device, for what draining writes; appends stop before it. Also the log's usual size. */
const RESERVE_BYTES = 4 * 1024 * 1024;
/** After the ballast was thrown away, how often taking it again is tried. */
const BALLAST_PAUSE_MS = 10_000;

export class SqliteStore implements OutboxStore {
  readonly promise = 'durable';
  readonly #options: SqliteStoreOptions;
  #reserveBytes = RESERVE_BYTES;
  #file: OpenFile | undefined;
  #queue: SqliteQueue | undefined;
  #counters = noCounters;
  #ballast: Ballast | undefined;
  #ballastAtMs = 0;
  /** What a damaged file was noticed by: the next open() repairs it. */
  #damage: string | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
  }

  open(): Promise<StoreOpening> {
    return attempt(() => {
      try {
        return this.#open();
      } catch (error) {
        if (this.#damage === undefined) throw error;
        return this.#open();
      }
    });
  }

  append(calls: readonly AppendCall[]): Promise<readonly AppendedCall[]> {
    return attempt(() => {
      const results = this.#appendOnce(calls);
      if (!results.some(isRefused) || !this.#foldLog()) return results;
      // On a small device it may be the log alone that takes the room, and nothing else would fold it.
      const again = this.#appendOnce(calls.filter((_, index) => isRefused(results[index])));
      return results.map((result) => (isRefused(result) ? (again.shift() ?? result) : result));
    });
  }

  loadState(space: string): Promise<ReadonlyMap<string, string>> {
    return attempt(() => this.#read((queue) => queue.state.load(space)));
  }

  scan(afterSeq: number, limit: number): Promise<readonly EventRow[]> {
    return attempt(() => this.#read((queue) => queue.events.scan(afterSeq, limit)));
  }

  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]> {
    return attempt(() => this.#read((queue) => queue.events.list(afterSeq, limit)));
  }

  freeze(seqs: readonly number[]): Promise<FrozenRows> {
    return attempt(() => this.#write((queue, scope) => queue.freeze(seqs, scope)));
  }

  load(batchId: string): Promise<LoadResult> {
    return attempt(() => {
      const batch = this.#read((queue) => queue.load(Number(batchId)));
      if (batch !== undefined) return { result: 'loaded', batch };
      return this.#write((queue, scope) => queue.dissolve(Number(batchId), scope));
    });
  }

  settle(batchId: string, settlement: Settlement): Promise<number> {
    return attempt(() => this.#write((queue, scope) => queue.settle(Number(batchId), settlement, scope)));
  }

  release(batchId: string, key: 'same' | 'next-generation'): Promise<BatchRecord> {
    return attempt(() => this.#write((queue) => queue.release(Number(batchId), key)));
  }

  split(batchId: string): Promise<readonly [BatchRecord, BatchRecord]> {
    return attempt(() => this.#write((queue, scope) => queue.split(Number(batchId), scope)));
  }

  halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [BatchRecord, BatchRecord]> {
    return attempt(() => this.#write((queue, scope) => queue.halve(Number(batchId), halves, scope)));
  }

  rewrite(batchId: string, bytes: Uint8Array): Promise<BatchRecord> {
    return attempt(() => this.#write((queue) => queue.rewrite(Number(batchId), bytes)));
  }

  quarantined(): Promise<readonly QuarantinedEvent[]> {
    return attempt(() => this.#read((queue) => queue.quarantined()));
  }

  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]> {
    return attempt(() => this.#read((queue) => queue.listQuarantined(afterSeq, limit)));
  }

  describe(): Promise<StoreDescription> {
    return attempt(() => this.#read((queue) => this.#describe(queue)));
  }

  requeue(eventIds: readonly string[]): Promise<readonly EventRow[]> {
    return attempt(() => this.#write((queue, scope) => queue.requeue(eventIds, scope)));
  }

  close(): Promise<void> {
    return attempt(() => this.#closeFile());
  }

  #open(): StoreOpening {
    this.#closeFile();
    const { dir, quotaBytes, clock, otherwise = 'repair' } = this.#options;
    const steps = this.#options.migrations ?? migrations;
    const file = openFile({ dir, quotaBytes, clock, otherwise, migrations: steps }, this.#damage);
    this.#damage = undefined;
    this.#file = file;
    this.#counters = file.counters;
    this.#reserveBytes = Math.min(RESERVE_BYTES, quotaBytes / 4, deviceRoom(dir).totalBytes / 4);
    limitLog(file.db, this.#reserveBytes);
    this.#ballast = new Ballast(file.files.ballast, this.#reserveBytes);
    this.#ballast.take();
    const queue = this.#prepare(file);
    const { batches, damaged } = this.#write((_, scope) => {
      if (file.notices.length > 0) queue.markLost();
      return queue.takeOver(scope);
    });
    const notices = [...file.notices, ...(damaged > 0 ? [{ kind: 'rows-damaged' as const, rows: damaged }] : [])];
    return { ...queue.totals(), lastSeq: this.#counters.lastSeq, batches, notices };
  }

  #prepare(file: OpenFile): SqliteQueue {
    try {
      this.#queue = new SqliteQueue(file.db, this.#options.quotaBytes * QUARANTINE_SHARE);
      return this.#queue;
    } catch (error) {
      throw this.#noted(error, file);
    }
  }

  /**
   * What appends may still add: within the quota, and on the device. There, what makes the file grow takes room twice,
   * as it is in the log until the file holds it. What fits into free pages of the file takes the log's room alone, so
   * it may have half of what is kept for draining: a file that was full and drained has free pages and little else.
   */
  #room(queue: SqliteQueue): number {
    const { dir, quotaBytes } = this.#options;
    const { usedBytes, freeBytes } = queue.space();
    const roomBytes = deviceRoom(dir).freeBytes + (this.#ballast?.bytes() ?? 0) - this.#growthBytes(queue);
    const spareBytes = roomBytes - this.#reserveBytes;
    const growingBytes = spareBytes <= freeBytes ? spareBytes : (spareBytes + freeBytes) / 2;
    const reusingBytes = Math.min(freeBytes, spareBytes + this.#reserveBytes / 2);
    return Math.min(quotaBytes - usedBytes - this.#reserveBytes, Math.max(growingBytes, reusingBytes));
  }

  /** By how much the file grows when the log is folded into it. */
  #growthBytes(queue: SqliteQueue): number {
    const { usedBytes, freeBytes } = queue.space();
    const fileBytes = statSync(outboxFiles(this.#options.dir).main, { throwIfNoEntry: false })?.size ?? 0;
    return Math.max(0, usedBytes + freeBytes - fileBytes);
  }

  #describe(queue: SqliteQueue): StoreDescription {
    const { dir, quotaBytes } = this.#options;
    return {
      quotaBytes,
      usedBytes: queue.space().usedBytes,
      reserveBytes: this.#reserveBytes,
      quarantinedByReason: queue.quarantinedByReason(),
      file: {
        path: outboxFiles(dir).main,
        schema: (this.#options.migrations ?? migrations).length,
        deviceFreeBytes: deviceRoom(dir).freeBytes,
      },
    };
  }

  #closeFile(): void {
    this.#file?.mark.flush();
    const db = this.#file?.db;
    this.#file = undefined;
    this.#queue = undefined;
    db?.close();
  }

  #opened(): { readonly db: DatabaseSync; readonly queue: SqliteQueue; readonly file: OpenFile } {
    if (this.#file === undefined || this.#queue === undefined) throw new CodedError('OUTBOX_CLOSED', this.#options.dir);
    return { db: this.#file.db, queue: this.#queue, file: this.#file };
  }

  #read<T>(read: (queue: SqliteQueue) => T): T {
    const { queue, file } = this.#opened();
    try {
      return read(queue);
    } catch (error) {
      throw this.#noted(error, file);
    }
  }

  #appendOnce(calls: readonly AppendCall[]): AppendedCall[] {
    try {
      return this.#writeOnce((queue, scope) => {
        const eventsBytes = this.#room(queue);
        return queue.append(calls, { eventsBytes, stateBytes: eventsBytes + this.#reserveBytes / 2 }, scope);
      });
    } catch (error) {
      if (!isFullCode(error)) throw error;
      return calls.map(() => ({ result: 'full' }));
    }
  }

  /**
   * A write that must get through on a full device: draining is what makes room. It is tried again with the log folded
   * into the file, which gives back the log's room, and then with the ballast's.
   */
  #write<T>(write: (queue: SqliteQueue, scope: WriteScope) => T): T {
    for (const makeRoom of [() => this.#foldLog(), () => this.#dropBallast()]) {
      try {
        return this.#writeOnce(write);
      } catch (error) {
        if (!isFullCode(error)) throw error;
        makeRoom();
      }
    }
    return this.#writeOnce(write);
  }

  #dropBallast(): void {
    if (this.#ballast?.drop() !== true) return;
    this.#ballastAtMs = this.#options.clock.monotonicMs();
    this.#foldLog();
  }

  /** Not tried where the file can't grow by it: a fold that fails half way has taken the last room there was. */
  #foldLog(): boolean {
    const { db, file, queue } = this.#opened();
    if (this.#growthBytes(queue) > deviceRoom(this.#options.dir).freeBytes) return false;
    try {
      return db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0;
    } catch (error) {
      if (isFull(error)) return false;
      throw this.#noted(error, file);
    }
  }

  /** One transaction. The counters go with it, and count only once it is committed. */
  #writeOnce<T>(write: (queue: SqliteQueue, scope: WriteScope) => T): T {
    const { db, queue, file } = this.#opened();
    const scope: WriteScope = { ...this.#counters, nowMs: this.#options.clock.now() };
    try {
      db.exec('BEGIN IMMEDIATE');
      const result = write(queue, scope);
      const { nowMs: _, ...counters } = scope;
      queue.state.putCounters(counters);
      db.exec('COMMIT');
      this.#counters = counters;
      file.mark.reached(counters.lastSeq);
      this.#takeBallast();
      return result;
    } catch (error) {
      this.#rollBack(db);
      throw this.#noted(error, file);
    }
  }

  #rollBack(db: DatabaseSync): void {
    try {
      if (db.isTransaction) db.exec('ROLLBACK');
    } catch (error) {
      this.#damage ??= isDamage(error) ? String(error) : undefined;
    }
  }

  /** The error with its code; damage is remembered for the next open(). */
  #noted(error: unknown, file: OpenFile): CodedError {
    if (isDamage(error) && !isFull(error)) this.#damage = error instanceof Error ? error.message : 'damaged';
    return coded(error, file.files.main);
  }

  #takeBallast(): void {
    if (this.#ballastAtMs === 0) return;
    if (this.#options.clock.monotonicMs() - this.#ballastAtMs < BALLAST_PAUSE_MS) return;
    this.#ballastAtMs = 0;
    this.#ballast?.take();
  }
}

function isRefused(call: AppendedCall | undefined): boolean {
  return call?.result === 'full';
}

function isFullCode(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'OUTBOX_FULL';
}

/** What a synchronous action gives or throws, as a promise. */
function attempt<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => resolve(action()));
}
