/**
 * The outbox file's settings and tables. Each entry of `migrations` takes the file one schema version further; an entry,
 * once released, is never changed. A version this release doesn't know is refused before the file is touched (see
 * outbox-sqlite-open.ts), so no entry needs a way back.
 *
 * Every table is STRICT, has a rowid (so that its rows can be found in damaged pages) and carries its own CRC. That event
 * ids are unique is kept in memory: see outbox-sqlite-known.ts.
 */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { CodedError } from '../platform/errors.ts';

export const PAGE_BYTES = 4096;

/** Columns in the order of outbox-sqlite-repair.ts, which reads them from raw pages. */
export const migrations: readonly string[] = [
  `CREATE TABLE event (
     seq INTEGER PRIMARY KEY, id TEXT NOT NULL, pod_uid TEXT NOT NULL, namespace TEXT NOT NULL, pod TEXT NOT NULL,
     phase TEXT NOT NULL, fingerprint TEXT NOT NULL, observed INTEGER NOT NULL, generation INTEGER NOT NULL,
     crc32 INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
   CREATE TABLE quarantine (
     seq INTEGER PRIMARY KEY, id TEXT NOT NULL, pod_uid TEXT NOT NULL, namespace TEXT NOT NULL, pod TEXT NOT NULL,
     phase TEXT NOT NULL, fingerprint TEXT NOT NULL, observed INTEGER NOT NULL, generation INTEGER NOT NULL,
     crc32 INTEGER NOT NULL, body BLOB NOT NULL, reason TEXT NOT NULL, quarantined INTEGER NOT NULL) STRICT;
   CREATE TABLE batch (
     batch INTEGER PRIMARY KEY, generation INTEGER NOT NULL, attempts INTEGER NOT NULL, key TEXT NOT NULL,
     seqs TEXT NOT NULL, crc32 INTEGER NOT NULL) STRICT;
   CREATE TABLE state (
     id INTEGER PRIMARY KEY, space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, crc32 INTEGER NOT NULL,
     UNIQUE (space, key)) STRICT;
   CREATE TABLE damaged (seq INTEGER PRIMARY KEY, found INTEGER NOT NULL, body BLOB) STRICT;`,
];

/** Sets what durability and safety need, and reads back what SQLite may decline. Takes the file's lock. */
export function configure(db: DatabaseSync, quotaBytes: number): void {
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY`);
  demand(db, 'PRAGMA journal_mode = WAL', 'journal_mode', 'wal');
  db.exec('PRAGMA synchronous = FULL');
  demand(db, 'PRAGMA synchronous', 'synchronous', 2);
  db.exec('BEGIN EXCLUSIVE; COMMIT');
  db.exec(`PRAGMA max_page_count = ${Math.max(64, Math.floor(quotaBytes / PAGE_BYTES))}`);
}

/** From this size on the log is folded into the file as soon as a transaction ends. */
export function limitLog(db: DatabaseSync, logBytes: number): void {
  db.exec(`PRAGMA wal_autocheckpoint = ${Math.max(16, Math.floor(logBytes / PAGE_BYTES))}`);
}

function demand(db: DatabaseSync, sql: string, name: string, wanted: string | number): void {
  const got = db.prepare(sql).get()?.[name];
  if (got !== wanted) throw new CodedError('OUTBOX_NOT_DURABLE', `${name} is ${String(got)}, not ${wanted}`);
}

/** Of the tables' definitions as the file has them: SQLite believes whatever it reads there. */
export function definitionsCrc(db: DatabaseSync): number {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all();
  return crc32(JSON.stringify(rows));
}

export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** Brings the file from version `from` to the newest, all or nothing. */
export function migrate(db: DatabaseSync, from: number, steps: readonly string[]): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
