/**
 * Opens the outbox file: refuses what it must not touch, repairs what is damaged, counts what is missing.
 *
 * Refused, with the file left as it is: a directory that can't be written, a file another process holds, a schema newer
 * than ours. Which schema the file has is told by the mark beside it, its own header and a row in it, so that one flipped
 * bit in the header neither locks us out nor makes us misread it.
 */
import { DatabaseSync } from 'node:sqlite';
import { CodedError } from '../platform/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { MarkKeeper, readMark, type Mark } from './outbox-mark.ts';
import { BatchTable } from './outbox-sqlite-batches.ts';
import { demandSound, versionOf } from './outbox-sqlite-checks.ts';
import { coded, isDamageAtOpen } from './outbox-sqlite-errors.ts';
import { EventTable } from './outbox-sqlite-events.ts';
import {
  demandFile,
  headerVersion,
  outboxFiles,
  prepareFiles,
  syncDirectory,
  type OutboxFiles,
} from './outbox-sqlite-file.ts';
import { repairFile } from './outbox-sqlite-repair.ts';
import { QuarantineTable } from './outbox-sqlite-quarantine.ts';
import { configure, definitionsCrc, migrate } from './outbox-sqlite-schema.ts';
import { StateTable, type Counters } from './outbox-sqlite-state.ts';
import type { StoreNotice } from './outbox-store.ts';

/** How long another process may hold the lock before we refuse: a predecessor that is just ending gets its chance. */
const LOCK_WAIT_MS = 300;

export interface FileOptions {
  readonly dir: string;
  readonly quotaBytes: number;
  readonly migrations: readonly string[];
  readonly clock: Clock;
  /** What to do with a damaged file, and with none. */
  readonly otherwise: 'repair' | 'refuse';
}

export interface OpenFile {
  readonly db: DatabaseSync;
  readonly files: OutboxFiles;
  readonly counters: Counters;
  readonly mark: MarkKeeper;
  readonly notices: readonly StoreNotice[];
}

/** Throws a CodedError where the file must not or cannot be used. `why` asks for a repair outright. */
export function openFile(options: FileOptions, why?: string): OpenFile {
  const files = outboxFiles(options.dir);
  try {
    if (options.otherwise === 'refuse') demandFile(files);
    prepareFiles(files);
    const mark = readMark(files.mark);
    refuseNewer(files, mark, options.migrations.length);
    const { db, notices } = openSoundFile(files, options, mark, why);
    return { db, files, ...takeStock(db, files, options, mark, notices) };
  } catch (error) {
    throw coded(error, files.main);
  }
}

/** Before SQLite sees the file: opening it would already fold its log into it. */
function refuseNewer(files: OutboxFiles, mark: Mark | undefined, ours: number): void {
  const found = mark?.schema ?? headerVersion(files) ?? 0;
  if (found > ours) throw newer(files, found, ours);
}

function newer(files: OutboxFiles, found: number, ours: number): CodedError {
  return new CodedError('OUTBOX_SCHEMA_NEWER', `${files.main} has schema ${found}, this release knows up to ${ours}`);
}

function openSoundFile(
  files: OutboxFiles,
  options: FileOptions,
  mark: Mark | undefined,
  why: string | undefined,
): { db: DatabaseSync; notices: StoreNotice[] } {
  if (why === undefined) {
    try {
      return { db: openDatabase(files, options, mark), notices: [] };
    } catch (error) {
      if (!isDamageAtOpen(error)) throw error;
      why = error instanceof Error ? error.message : 'damaged';
    }
  }
  if (options.otherwise === 'refuse') throw new CodedError('OUTBOX_DAMAGED', `${files.main}: ${why}`);
  const notice = repairFile(files, why, options.clock.now());
  return { db: openDatabase(files, options, mark), notices: [notice] };
}

function openDatabase(files: OutboxFiles, options: FileOptions, mark: Mark | undefined): DatabaseSync {
  const db = new DatabaseSync(files.main, { timeout: LOCK_WAIT_MS, allowExtension: false, defensive: true });
  try {
    configure(db, options.quotaBytes);
    const found = versionOf(db, mark, options.migrations.length);
    if (found > options.migrations.length) throw newer(files, found, options.migrations.length);
    if (found > 0) demandSound(db);
    if (found < options.migrations.length) upgrade(db, found, options.migrations);
    // Always, as a first write: a damaged header may say read-only, which SQLite tells at the first write only.
    new StateTable(db).putSchema(options.migrations.length, definitionsCrc(db));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function upgrade(db: DatabaseSync, found: number, steps: readonly string[]): void {
  migrate(db, found, steps);
  db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
}

/** What the file holds against what it and the mark say it should. */
function takeStock(
  db: DatabaseSync,
  files: OutboxFiles,
  options: FileOptions,
  before: Mark | undefined,
  found: StoreNotice[],
): { counters: Counters; mark: MarkKeeper; notices: readonly StoreNotice[] } {
  const { events, lastSeq } = new EventTable(db).totals();
  const kept = new StateTable(db).counters();
  const lastKept = Math.max(kept?.lastSeq ?? 0, lastSeq);
  const tornOff = Math.max(0, (before?.lastSeq ?? 0) - lastKept);
  const quarantined = new QuarantineTable(db).count();
  const missing = tornOff + (kept === undefined ? 0 : missingOf(kept, events, quarantined));
  const lastBatch = Math.max(kept?.lastBatch ?? 0, ...new BatchTable(db).ids());
  const counters = { lastSeq: lastKept + tornOff, lastBatch, added: events, removed: 0, quarantined };
  if (missing > 0) new StateTable(db).putCounters(counters);
  const keeper = new MarkKeeper(
    files.mark,
    { schema: options.migrations.length, lastSeq: counters.lastSeq },
    options.clock,
  );
  keeper.flush();
  syncDirectory(files.dir);
  const notices = missing > 0 ? [...found, { kind: 'records-missing' as const, records: missing }] : found;
  return { counters, mark: keeper, notices };
}

function missingOf(kept: Counters, events: number, quarantined: number): number {
  return Math.max(0, kept.added - kept.removed - events) + Math.max(0, kept.quarantined - quarantined);
}
