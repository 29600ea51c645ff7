/**
 * Repairs a damaged outbox file: every row that checks is copied into a new file, the damaged one is kept aside. Nothing
 * of the damaged file's structure is trusted, so one bad page costs the rows on it and no others.
 *
 * It can be cut short at any point: the new file gets its final name only after the old one has been moved aside, and
 * prepareFiles() completes or begins anew what it finds.
 */
import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { eventCrc } from './outbox-record.ts';
import { BatchTable, checkedBatch } from './outbox-sqlite-batches.ts';
import { EventTable, eventOf } from './outbox-sqlite-events.ts';
import { placeRepaired, setFileAside, type OutboxFiles } from './outbox-sqlite-file.ts';
import { forEachRow } from './outbox-sqlite-pages.ts';
import { checkedQuarantine, QuarantineTable } from './outbox-sqlite-quarantine.ts';
import { definitionsCrc, migrate, migrations, PAGE_BYTES } from './outbox-sqlite-schema.ts';
import { checkedState, StateTable } from './outbox-sqlite-state.ts';
import { openPages } from './outbox-sqlite-wal.ts';
import type { StoreNotice } from './outbox-store.ts';

/** The tables by their number of columns, which differs for each; the columns as in outbox-sqlite-schema.ts. */
const columnNames: ReadonlyMap<number, readonly string[]> = new Map(
  [
    'seq id pod_uid namespace pod phase fingerprint observed generation crc32 body',
    'seq id pod_uid namespace pod phase fingerprint observed generation crc32 body reason quarantined',
    'batch generation attempts key seqs crc32',
    'id space key value crc32',
  ].map((names) => [names.split(' ').length, names.split(' ')] as const),
);

type Row = Record<string, SQLOutputValue>;

/** Puts a sound file in the damaged one's place. Needs as much free space as the rows take; throws where there is none. */
export function repairFile(files: OutboxFiles, why: string, nowMs: number): StoreNotice {
  const rows = copyRows(files);
  renameSync(files.partial, files.repaired);
  const keptAs = setFileAside(files, nowMs);
  placeRepaired(files);
  return rows > 0 ? { kind: 'file-repaired', keptAs, rows, why } : { kind: 'file-set-aside', keptAs, why };
}

/** How many rows were copied. The copy is synced before it gets a name that counts. */
function copyRows(files: OutboxFiles): number {
  const db = new DatabaseSync(files.partial);
  let rows = 0;
  try {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF`);
    migrate(db, 0, migrations);
    const tables = tablesOf(db);
    const source = openPages(files.main, files.wal);
    db.exec('BEGIN');
    forEachRow(source, (columns) => (rows += copyRow(tables, columns) ? 1 : 0));
    tables.state.putSchema(migrations.length, definitionsCrc(db));
    db.exec('COMMIT');
    source.close();
  } finally {
    db.close();
  }
  syncFile(files.partial);
  return rows;
}

function tablesOf(db: DatabaseSync) {
  return {
    events: new EventTable(db),
    quarantine: new QuarantineTable(db),
    batches: new BatchTable(db),
    state: new StateTable(db),
  };
}

function copyRow(tables: ReturnType<typeof tablesOf>, columns: SQLOutputValue[]): boolean {
  const names = columnNames.get(columns.length);
  if (names === undefined) return false;
  const row: Row = Object.fromEntries(names.map((name, index) => [name, columns[index] ?? null]));
  if (names[0] === 'batch') return put(checkedBatch(row), (batch) => tables.batches.put(batch));
  if (names[0] === 'id') return put(checkedState(row), (state) => tables.state.put(state));
  if (names.includes('reason')) return put(checkedQuarantine(row), (record) => tables.quarantine.insert(record));
  const record = eventOf(row);
  return eventCrc('event', record) === row['crc32'] && tables.events.restore(record);
}

function put<T>(checked: T | undefined, store: (checked: T) => void): boolean {
  if (checked === undefined) return false;
  store(checked);
  return true;
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
