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
  readonly #forget: StatementSync;
  readonly #clear: StatementSync;
  readonly #readQuarantine: StatementSync;
  readonly #readEvents: StatementSync;
  readonly #twins: StatementSync;

  constructor(db: DatabaseSync) {
    db.exec('CREATE TEMP TABLE known (id TEXT PRIMARY KEY) WITHOUT ROWID');
    this.#insert = db.prepare('INSERT OR IGNORE INTO temp.known VALUES (?)');
    this.#forgetRange = db.prepare(
      'DELETE FROM temp.known WHERE id IN (SELECT id FROM event WHERE seq BETWEEN ? AND ?)',
    );
    this.#forget = db.prepare('DELETE FROM temp.known WHERE id = ?');
    this.#clear = db.prepare('DELETE FROM temp.known');
    this.#readQuarantine = db.prepare('INSERT OR IGNORE INTO temp.known SELECT id FROM quarantine');
    this.#readEvents = db.prepare('INSERT OR IGNORE INTO temp.known SELECT id FROM event');
    this.#twins = db.prepare(
      `SELECT seq FROM event WHERE id IN (SELECT id FROM event GROUP BY id HAVING count(*) > 1 UNION
       SELECT event.id FROM event JOIN quarantine USING (id)) ORDER BY seq`,
    );
  }

  /** Reads all ids from the file. Returns how many of its events brought a new one. */
  rebuild(): number {
    this.#clear.run();
    this.#readQuarantine.run();
    return Number(this.#readEvents.run().changes);
  }

  /** Places of events whose id another row has too: only damage makes such. */
  twins(): number[] {
    return this.#twins.all().map((row) => Number(row['seq']));
  }

  /** False if the id was known before. */
  add(eventId: string): boolean {
    return this.#insert.run(eventId).changes === 1;
  }

  forget(eventId: string): void {
    this.#forget.run(eventId);
  }

  /** The ids of the events stored at these places; to be called before they are deleted. */
  forgetRange(firstSeq: number, lastSeq: number): void {
    this.#forgetRange.run(firstSeq, lastSeq);
  }
}
