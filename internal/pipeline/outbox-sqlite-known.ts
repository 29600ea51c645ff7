/**
 * Which event ids are stored, pending or quarantined: a table in SQLite's memory, in the same transaction as the rest,
 * filled when the file is opened.
 *
 * Why not an index in the file: ids are hashes, so each row would dirty an index page of its own. Appending 100,000 events
 * wrote 839 MiB with such an index and 183 MiB without (measured); on a network disk that is what a storm costs.
 * In memory an id takes about 60 Bytes, only while its event is stored.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export class KnownIds {
  readonly #insert: StatementSync;
  readonly #forgetRange: StatementSync;

  /** Reads all ids; a second event of one id, which only damage can have made, is removed. */
  constructor(db: DatabaseSync) {
    db.exec(`DROP TABLE IF EXISTS temp.known;
      CREATE TEMP TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID;
      INSERT OR IGNORE INTO temp.known SELECT id FROM quarantine`);
    this.#insert = db.prepare('INSERT OR IGNORE INTO temp.known VALUES (?)');
    this.#forgetRange = db.prepare(
      'DELETE FROM temp.known WHERE id IN (SELECT id FROM event WHERE seq BETWEEN ? AND ?)',
    );
    this.#readEvents(db);
  }

  /** False if the id was known before. */
  add(eventId: string): boolean {
    return this.#insert.run(eventId).changes === 1;
  }

  /** The ids of the events stored at these places; to be called before they are deleted. */
  forgetRange(firstSeq: number, lastSeq: number): void {
    this.#forgetRange.run(firstSeq, lastSeq);
  }

  #readEvents(db: DatabaseSync): void {
    const ids = db.prepare('SELECT count(*) AS ids FROM event').get()?.['ids'];
    const added = db.prepare('INSERT OR IGNORE INTO temp.known SELECT id FROM event').run().changes;
    if (added === ids) return;
    db.exec('DELETE FROM event WHERE seq NOT IN (SELECT min(seq) FROM event GROUP BY id)');
    db.exec('DELETE FROM event WHERE id IN (SELECT id FROM quarantine)');
  }
}
