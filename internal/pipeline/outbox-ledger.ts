/**
 * The ledger of an outbox: which stored events are loose, which batches exist, which of them is in flight, when each is
 * due, and which pods are taken. It lives in memory, is built from what the store says at start, and does no I/O; the
 * time is passed in (monotonic Ms).
 *
 * Its rules: oldest first; two batches in flight never share a pod; an event never overtakes an earlier one of its pod,
 * unless that earlier one waits as a suspect (`yieldsPod`). Of a long backlog it keeps only a window of the oldest rows.
 */
import { bodySize } from './outbox-body.ts';
import type { FreezeLimits, ReleaseTerms } from './outbox.ts';
import type { BatchRecord, EventRow, StoreOpening } from './outbox-store.ts';

/** Loose rows kept in memory, about 200 Bytes each; also how far freeze() looks past rows whose pods are taken. */
const WINDOW_ROWS = 4096;

type Phase =
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'waiting'; readonly dueMs: number; readonly goesLast: boolean; readonly yieldsPod: boolean };

interface LedgerBatch {
  readonly record: BatchRecord;
  readonly firstSeq: number;
  readonly pods: ReadonlySet<string>;
  readonly bytes: number;
  readonly phase: Phase;
}

const WAITING: Phase = { kind: 'waiting', dueMs: -Infinity, goesLast: false, yieldsPod: false };

export class OutboxLedger {
  #loose: EventRow[] = [];
  /** Places of rows taken out of the window for a batch that the store is just making. */
  readonly #taken = new Set<number>();
  /** Rows up to here are in the window, in a batch, or gone; rows after it are only in the store. */
  #scannedTo = 0;
  #lastSeq = 0;
  readonly #batches = new Map<string, LedgerBatch>();
  #events = 0;
  #bytes = 0;

  /** Begins anew from what the store holds. Batches that were in flight stay so if they still exist. */
  reset(opening: StoreOpening): void {
    const inFlight = new Set([...this.#batches.values()].filter(isInFlight).map((batch) => batch.record.batchId));
    this.#batches.clear();
    for (const record of opening.batches) {
      this.#put(record, inFlight.has(record.batchId) ? { kind: 'in-flight' } : WAITING);
    }
    this.#loose = [];
    this.#lastSeq = opening.lastSeq;
    this.#scannedTo = opening.events > 0 ? 0 : opening.lastSeq;
    this.#events = opening.events;
    this.#bytes = opening.bytes;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get batches(): number {
    return this.#batches.size;
  }

  get inFlightBatches(): number {
    return [...this.#batches.values()].filter(isInFlight).length;
  }

  /** What is stored and in no batch. */
  get loose(): { readonly events: number; readonly bytes: number } {
    let events = this.#events;
    let bytes = this.#bytes;
    for (const batch of this.#batches.values()) {
      events -= batch.record.rows.length;
      bytes -= batch.bytes;
    }
    return { events, bytes };
  }

  get oldestObservedAtMs(): number | undefined {
    let oldest = this.#loose[0];
    for (const { record, firstSeq } of this.#batches.values()) {
      if (oldest === undefined || firstSeq < oldest.seq) oldest = record.rows[0];
    }
    return oldest?.observedAtMs;
  }

  has(batchId: string): boolean {
    return this.#batches.has(batchId);
  }

  record(batchId: string): BatchRecord | undefined {
    return this.#batches.get(batchId)?.record;
  }

  /** New rows at the end of the queue, in order. */
  appended(rows: readonly EventRow[]): void {
    for (const row of rows) {
      this.#events += 1;
      this.#bytes += row.bytes;
      if (row.seq > this.#scannedTo && this.#isWhole() && this.#loose.length < WINDOW_ROWS) {
        this.#loose.push(row);
        this.#scannedTo = row.seq;
      }
      this.#lastSeq = Math.max(this.#lastSeq, row.seq);
    }
  }

  /** What to scan before the next batch is picked; undefined if the window will do. Pass the answer to `scanned`. */
  scanWanted(): { readonly afterSeq: number; readonly limit: number; readonly lastSeq: number } | undefined {
    if (this.#isWhole() || this.#loose.length > WINDOW_ROWS / 2) return undefined;
    return { afterSeq: this.#scannedTo, limit: WINDOW_ROWS - this.#loose.length, lastSeq: this.#lastSeq };
  }

  /** Takes in the rows of a scan. Rows appended since it was wanted may be in it or not: both are right. */
  scanned(wanted: { readonly limit: number; readonly lastSeq: number }, rows: readonly EventRow[]): void {
    const busy = this.#busySeqs();
    for (const row of rows) if (row.seq > this.#scannedTo && !busy.has(row.seq)) this.#loose.push(row);
    const isAll = rows.length < wanted.limit;
    this.#scannedTo = Math.max(this.#scannedTo, rows.at(-1)?.seq ?? 0, isAll ? wanted.lastSeq : 0);
  }

  /**
   * The oldest batch that waits, is due and whose pods are free. With `suspects`, where there is none, also one that
   * goes last: of these the one that has waited longest, so that each gets its turn.
   */
  dueBatch(nowMs: number, suspects: boolean): string | undefined {
    const due = [...this.#batches.values()].filter((batch) => dueSince(batch) <= nowMs && !this.#isBlocked(batch));
    const oldest = due.filter((batch) => !goesLast(batch)).sort((a, b) => a.firstSeq - b.firstSeq)[0];
    if (oldest !== undefined || !suspects) return oldest?.record.batchId;
    return due.sort((a, b) => dueSince(a) - dueSince(b))[0]?.record.batchId;
  }

  /** Takes the oldest loose rows that fit and whose pods are free out of the window; none if there are none. */
  takeLoose(limits: FreezeLimits): EventRow[] {
    const taken: EventRow[] = [];
    if (limits.events < 1) return taken;
    const busy = this.#busyPods();
    let bytes = 0;
    for (const row of this.#loose) {
      if (busy.has(row.podUid)) continue;
      if (taken.length >= limits.events) break;
      if (taken.length > 0 && bodySize(taken.length + 1, bytes + row.bytes) > limits.bytes) break;
      taken.push(row);
      bytes += row.bytes;
    }
    if (taken.length > 0) {
      for (const row of taken) this.#taken.add(row.seq);
      this.#loose = this.#loose.filter((row) => !this.#taken.has(row.seq));
    }
    return taken;
  }

  /** Undoes takeLoose, or makes rows of a dissolved batch loose again. Rows that a scan will bring, or has brought, are left out. */
  putBack(rows: readonly EventRow[]): void {
    for (const row of rows) this.#taken.delete(row.seq);
    const present = this.#busySeqs();
    for (const row of this.#loose) present.add(row.seq);
    const absent = rows.filter((row) => row.seq <= this.#scannedTo && !present.has(row.seq));
    this.#loose = [...this.#loose, ...absent].sort((a, b) => a.seq - b.seq);
  }

  /** Rows that were taken and turned out to be damaged are no longer queued. */
  lost(rows: readonly EventRow[]): void {
    for (const row of rows) this.#taken.delete(row.seq);
    this.#events -= rows.length;
    this.#bytes -= sumBytes(rows);
  }

  inFlight(record: BatchRecord): void {
    for (const row of record.rows) this.#taken.delete(row.seq);
    this.#put(record, { kind: 'in-flight' });
  }

  waiting(
    record: BatchRecord,
    dueMs: number,
    { yieldsPod = false, goesLast = yieldsPod }: Pick<ReleaseTerms, 'yieldsPod' | 'goesLast'>,
  ): void {
    this.#put(record, { kind: 'waiting', dueMs, goesLast, yieldsPod });
  }

  /** The batch and its events have left the queue. */
  settled(batchId: string): void {
    const batch = this.#batches.get(batchId);
    if (batch === undefined) return;
    this.#batches.delete(batchId);
    this.lost(batch.record.rows);
  }

  /** The batch has become others, which are due at once. */
  replaced(batchId: string, by: readonly BatchRecord[]): void {
    const before = this.#batches.get(batchId);
    this.#batches.delete(batchId);
    for (const record of by) {
      this.#put(record, WAITING);
      this.#bytes += sumBytes(record.rows);
      this.#events += record.rows.length;
      // Not into the window: rows before one that is new may be on their way, and the next scan finds them.
      this.#lastSeq = Math.max(this.#lastSeq, ...record.rows.map((row) => row.seq));
    }
    this.#bytes -= before?.bytes ?? 0;
    this.#events -= before?.record.rows.length ?? 0;
  }

  /** The batch is no more: `rows` are loose again, the others are lost. */
  dissolved(batchId: string, rows: readonly EventRow[]): void {
    const before = this.#batches.get(batchId)?.record.rows ?? [];
    this.#batches.delete(batchId);
    const healthy = new Set(rows.map((row) => row.seq));
    this.lost(before.filter((row) => !healthy.has(row.seq)));
    this.putBack(rows);
  }

  #put(record: BatchRecord, phase: Phase): void {
    const pods = new Set(record.rows.map((row) => row.podUid));
    const firstSeq = record.rows[0]?.seq ?? 0;
    this.#batches.set(record.batchId, { record, firstSeq, pods, bytes: sumBytes(record.rows), phase });
  }

  /** Places that are in a batch, or about to be. */
  #busySeqs(): Set<number> {
    const busy = new Set(this.#taken);
    for (const { record } of this.#batches.values()) for (const row of record.rows) busy.add(row.seq);
    return busy;
  }

  #isWhole(): boolean {
    return this.#scannedTo >= this.#lastSeq;
  }

  #busyPods(): Set<string> {
    const busy = new Set<string>();
    for (const { pods, phase } of this.#batches.values()) {
      if (phase.kind === 'waiting' && phase.yieldsPod) continue;
      for (const pod of pods) busy.add(pod);
    }
    return busy;
  }

  #isBlocked(batch: LedgerBatch): boolean {
    for (const other of this.#batches.values()) {
      if (other === batch || !goesBefore(other, batch)) continue;
      if (!other.pods.isDisjointFrom(batch.pods)) return true;
    }
    return false;
  }
}

function isInFlight(batch: LedgerBatch): boolean {
  return batch.phase.kind === 'in-flight';
}

/** When it fell, or will fall, due; never, for one in flight. */
function dueSince({ phase }: LedgerBatch): number {
  return phase.kind === 'waiting' ? phase.dueMs : Infinity;
}

function goesLast({ phase }: LedgerBatch): boolean {
  return phase.kind === 'waiting' && phase.goesLast;
}

function goesBefore(other: LedgerBatch, batch: LedgerBatch): boolean {
  if (other.phase.kind === 'in-flight') return true;
  return !other.phase.yieldsPod && other.firstSeq < batch.firstSeq;
}

function sumBytes(rows: readonly EventRow[]): number {
  return rows.reduce((sum, row) => sum + row.bytes, 0);
}
