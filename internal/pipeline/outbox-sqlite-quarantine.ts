/**
 * The table of quarantined events: what the plane can't take, kept with the reason until someone puts it back.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { quarantineCrc, type QuarantineRecord } from './outbox-record.ts';
import { eventColumns, eventOf } from './outbox-sqlite-events.ts';

/** What a row takes beside its bytes. */
const ROW_OVERHEAD_BYTES = 512;

export class QuarantineTable {
  readonly #insert: StatementSync;
  readonly #all: StatementSync;
  readonly #after: StatementSync;
  readonly #reasons: StatementSync;
  readonly #byId: StatementSync;
  readonly #delete: StatementSync;
  readonly #beyond: StatementSync;
  readonly #count: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO quarantine VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING');
    this.#all = db.prepare('SELECT * FROM quarantine ORDER BY seq');
    this.#after = db.prepare('SELECT * FROM quarantine WHERE seq > ? ORDER BY seq LIMIT ?');
    this.#reasons = db.prepare('SELECT reason, count(*) AS events FROM quarantine GROUP BY reason ORDER BY reason');
    this.#byId = db.prepare('SELECT * FROM quarantine WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM quarantine WHERE id = ?');
    this.#beyond = db.prepare(
      `SELECT id FROM (SELECT seq, id, sum(length(body) + ${ROW_OVERHEAD_BYTES}) OVER (ORDER BY seq DESC) AS total
       FROM quarantine) WHERE total > ? ORDER BY seq`,
    );
    this.#count = db.prepare('SELECT count(*) AS events FROM quarantine');
  }

  insert(record: QuarantineRecord): void {
    const { reason, quarantinedAtMs, event } = record;
    this.#insert.run(...eventColumns(record), quarantineCrc(record), event.bytes, reason, quarantinedAtMs);
  }

  /** Those that check. */
  all(): QuarantineRecord[] {
    return this.#all
      .all()
      .map(checkedQuarantine)
      .filter((record) => record !== undefined);
  }

  /** Those after a place that check. */
  list(afterSeq: number, limit: number): QuarantineRecord[] {
    const records = this.#after.all(afterSeq, limit).map(checkedQuarantine);
    return records.filter((record) => record !== undefined);
  }

  reasons(): Record<string, number> {
    return Object.fromEntries(this.#reasons.all().map((row) => [String(row['reason']), Number(row['events'])]));
  }

  get(eventId: string): QuarantineRecord | undefined {
    const row = this.#byId.get(eventId);
    return row === undefined ? undefined : checkedQuarantine(row);
  }

  delete(eventId: string): void {
    this.#delete.run(eventId);
  }

  /** Ids of the oldest, those that are too many for all to take `bytes`. */
  idsBeyond(bytes: number): string[] {
    return this.#beyond.all(bytes).map((row) => String(row['id']));
  }

  count(): number {
    return Number(this.#count.get()?.['events']);
  }
}

/** The quarantined event of a row, if it checks. */
export function checkedQuarantine(row: Record<string, SQLOutputValue>): QuarantineRecord | undefined {
  const reason = String(row['reason']);
  const record = { ...eventOf(row), reason, quarantinedAtMs: Number(row['quarantined']) };
  return quarantineCrc(record) === row['crc32'] ? record : undefined;
}
