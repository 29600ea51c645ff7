/**
 * The table of frozen batches. A batch is its key and the places of its events; the bytes are the events' own, so that
 * freezing a thousand events writes one small row and not a thousand large ones.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { batchCrc, type BatchRow } from './outbox-record.ts';

export class BatchTable {
  readonly #put: StatementSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #delete: StatementSync;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare('INSERT OR REPLACE INTO batch VALUES (?,?,?,?,?,?)');
    this.#get = db.prepare('SELECT * FROM batch WHERE batch = ?');
    this.#all = db.prepare('SELECT batch FROM batch ORDER BY batch');
    this.#delete = db.prepare('DELETE FROM batch WHERE batch = ?');
  }

  put(row: BatchRow): void {
    const { batch, generation, attempts, idempotencyKey, seqs } = row;
    this.#put.run(batch, generation, attempts, idempotencyKey, JSON.stringify(seqs), batchCrc(row));
  }

  /** Undefined if there is no such batch, or its row doesn't check. */
  get(batch: number): BatchRow | undefined {
    const row = this.#get.get(batch);
    return row === undefined ? undefined : checkedBatch(row);
  }

  ids(): number[] {
    return this.#all.all().map((row) => Number(row['batch']));
  }

  delete(batch: number): void {
    this.#delete.run(batch);
  }
}

/** The batch of a row, if it checks. */
export function checkedBatch(row: Record<string, SQLOutputValue>): BatchRow | undefined {
  const batch: BatchRow = {
    batch: Number(row['batch']),
    generation: Number(row['generation']),
    attempts: Number(row['attempts']),
    idempotencyKey: String(row['key']),
    seqs: parseSeqs(String(row['seqs'])),
  };
  return batch.seqs.length > 0 && batchCrc(batch) === row['crc32'] ? batch : undefined;
}

function parseSeqs(text: string): number[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter((seq) => typeof seq === 'number') : [];
  } catch {
    return [];
  }
}
