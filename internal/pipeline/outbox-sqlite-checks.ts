/**
 * Whether an open file is what it should be. SQLite believes what its header and its schema say; we compare.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Mark } from './outbox-mark.ts';
import { FileDamaged } from './outbox-sqlite-errors.ts';
import { EventTable } from './outbox-sqlite-events.ts';
import { definitionsCrc, schemaVersion } from './outbox-sqlite-schema.ts';
import { StateTable } from './outbox-sqlite-state.ts';

const SAMPLE_ROWS = 20;

/** The schema version. A row of our own, which checks, is believed before the header, and that before the mark. */
export function versionOf(db: DatabaseSync, mark: Mark | undefined, ours: number): number {
  const inHeader = schemaVersion(db);
  const hasState = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'state'").get() !== undefined;
  const inRow = hasState ? new StateTable(db).schema()?.version : undefined;
  const version = inRow ?? (inHeader > ours && mark !== undefined ? mark.schema : inHeader);
  if (version !== inHeader && version <= ours) db.exec(`PRAGMA user_version = ${version}`);
  return version;
}

/**
 * Throws FileDamaged where SQLite finds its structure wrong, where the tables' definitions are not those we made, or where
 * none of the oldest rows checks: a wrong encoding in the header, say, misreads them all.
 */
export function demandSound(db: DatabaseSync): void {
  const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
  if (found !== 'ok') throw new FileDamaged(String(found));
  const schema = new StateTable(db).schema();
  if (schema !== undefined && schema.definitionsCrc !== definitionsCrc(db)) {
    throw new FileDamaged('the definitions of the tables were changed');
  }
  const events = new EventTable(db);
  const sample = events.scan(0, SAMPLE_ROWS).map(({ seq }) => events.get(seq));
  if (sample.length > 0 && sample.every((row) => row === 'damaged')) throw new FileDamaged('no row checks');
}
