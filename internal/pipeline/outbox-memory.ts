/**
 * The outbox in memory: all promises of outbox.ts except that it survives the process. It is chosen outright
 * (`--outbox=memory`) or where no data directory can be written, and `promise` says so to whoever asks. What it still
 * holds when the process ends is lost, so drain.ts counts and names it at shutdown.
 */
import { CodedError } from '../platform/errors.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { assembleBody } from './outbox-body.ts';
import type { EventHalf, ListedEvent, ListedQuarantine, OutboxEvent, QuarantinedEvent, StateWrite } from './outbox.ts';
import type { StoreDescription } from './outbox.ts';
import { QUARANTINE_SHARE } from './outbox-store.ts';
import type {
  AppendCall,
  AppendedCall,
  BatchRecord,
  EventRow,
  FrozenRows,
  LoadedBatch,
  LoadResult,
  OutboxStore,
  Settlement,
  StoreOpening,
} from './outbox-store.ts';
import { OutboxWithStore, type OutboxDeps } from './outbox-with-store.ts';

/** What a stored event costs beside its bytes: its names, map entries and object headers, estimated. */
const EVENT_OVERHEAD_BYTES = 512;

interface StoredEvent {
  readonly row: EventRow;
  readonly event: OutboxEvent;
  /** Generation its next batch begins with: above 0 once a key of its own was used up. */
  readonly generation: number;
}

interface StoredBatch {
  readonly generation: number;
  readonly attempts: number;
  readonly seqs: readonly number[];
}

interface StoredQuarantine {
  readonly seq: number;
  readonly event: OutboxEvent;
  readonly reason: string;
  readonly quarantinedAtMs: number;
  readonly generation: number;
}

/** An empty outbox in memory that holds at most `quotaBytes`. */
export function openMemoryOutbox(options: OutboxDeps & { readonly quotaBytes: number }): Promise<OutboxWithStore> {
  return OutboxWithStore.open(new MemoryStore(options.quotaBytes), options);
}

export class MemoryStore implements OutboxStore {
  readonly promise = 'memory';
  readonly #quotaBytes: number;
  readonly #events = new Map<number, StoredEvent>();
  readonly #ids = new Set<string>();
  readonly #batches = new Map<string, StoredBatch>();
  readonly #quarantine = new Map<string, StoredQuarantine>();
  readonly #state = new Map<string, Map<string, string>>();
  #lastSeq = 0;
  #lastBatch = 0;
  #bytes = 0;

  constructor(quotaBytes: number) {
    this.#quotaBytes = quotaBytes;
  }

  open(): Promise<StoreOpening> {
    const batches = [...this.#batches.keys()].map((batchId) => this.#record(batchId));
    const [events, quarantined] = [this.#events.size, this.#quarantine.size];
    return Promise.resolve({ events, bytes: this.#bytes, quarantined, lastSeq: this.#lastSeq, batches, notices: [] });
  }

  append(calls: readonly AppendCall[]): Promise<readonly AppendedCall[]> {
    return Promise.resolve(calls.map((call) => this.#appendOne(call)));
  }

  loadState(space: string): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.#state.get(space)));
  }

  scan(afterSeq: number, limit: number): Promise<readonly EventRow[]> {
    return Promise.resolve(this.#after(afterSeq, limit).map((stored) => stored.row));
  }

  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]> {
    return Promise.resolve(this.#after(afterSeq, limit).map(({ row, event }) => ({ seq: row.seq, event })));
  }

  freeze(seqs: readonly number[]): Promise<FrozenRows> {
    const generation = Math.max(...seqs.map((seq) => this.#stored(seq).generation));
    const batchId = this.#addBatch({ generation, attempts: 0, seqs });
    return Promise.resolve({ batch: this.#loaded(batchId), damaged: [] });
  }

  load(batchId: string): Promise<LoadResult> {
    return Promise.resolve({ result: 'loaded', batch: this.#loaded(batchId) });
  }

  settle(batchId: string, settlement: Settlement): Promise<number> {
    const { seqs, generation } = this.#batch(batchId);
    for (const seq of seqs) {
      const { event, row } = this.#stored(seq);
      this.#events.delete(seq);
      this.#bytes -= row.bytes;
      this.#ids.delete(event.eventId);
      if (settlement.as === 'delivered') continue;
      const { reason, atMs } = settlement;
      this.#quarantine.set(event.eventId, { seq, event, reason, quarantinedAtMs: atMs, generation });
    }
    this.#batches.delete(batchId);
    return Promise.resolve(this.#trimQuarantine());
  }

  release(batchId: string, key: 'same' | 'next-generation'): Promise<BatchRecord> {
    const batch = this.#batch(batchId);
    const generation = batch.generation + (key === 'next-generation' ? 1 : 0);
    this.#batches.set(batchId, { ...batch, generation, attempts: batch.attempts + 1 });
    return Promise.resolve(this.#record(batchId));
  }

  split(batchId: string): Promise<readonly [BatchRecord, BatchRecord]> {
    const batch = this.#batch(batchId);
    const middle = Math.ceil(batch.seqs.length / 2);
    const attempts = batch.attempts + 1;
    this.#batches.delete(batchId);
    const left = this.#addBatch({ ...batch, attempts, seqs: batch.seqs.slice(0, middle) });
    const right = this.#addBatch({ ...batch, attempts, seqs: batch.seqs.slice(middle) });
    return Promise.resolve([this.#record(left), this.#record(right)]);
  }

  halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [BatchRecord, BatchRecord]> {
    const batch = this.#batch(batchId);
    const [seq = 0] = batch.seqs;
    const { event: whole, row, generation } = this.#stored(seq);
    const [left, right] = [
      { ...whole, ...halves[0] },
      { ...whole, ...halves[1] },
    ];
    this.#ids.delete(whole.eventId);
    this.#ids.add(left.eventId);
    this.#bytes += left.bytes.length - row.bytes;
    this.#events.set(seq, { row: { ...row, bytes: left.bytes.length }, event: left, generation });
    const last = this.#insert(right, generation).seq;
    const attempts = batch.attempts + 1;
    this.#batches.delete(batchId);
    const by = [seq, last].map((place) => this.#addBatch({ ...batch, attempts, seqs: [place] }));
    return Promise.resolve([this.#record(by[0] ?? ''), this.#record(by[1] ?? '')]);
  }

  rewrite(batchId: string, bytes: Uint8Array): Promise<BatchRecord> {
    const batch = this.#batch(batchId);
    for (const seq of batch.seqs) {
      const stored = this.#stored(seq);
      this.#bytes += bytes.length - stored.row.bytes;
      const row = { ...stored.row, bytes: bytes.length };
      this.#events.set(seq, { ...stored, row, event: { ...stored.event, bytes } });
    }
    this.#batches.set(batchId, { ...batch, attempts: batch.attempts + 1 });
    return Promise.resolve(this.#record(batchId));
  }

  quarantined(): Promise<readonly QuarantinedEvent[]> {
    return Promise.resolve([...this.#quarantine.values()].map(quarantinedEvent));
  }

  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]> {
    const after = [...this.#quarantine.values()].filter(({ seq }) => seq > afterSeq).sort((a, b) => a.seq - b.seq);
    return Promise.resolve(after.slice(0, limit).map((one) => ({ seq: one.seq, event: quarantinedEvent(one) })));
  }

  describe(): Promise<StoreDescription> {
    const quarantinedByReason: Record<string, number> = {};
    let usedBytes = this.#usedBytes;
    for (const { event, reason } of this.#quarantine.values()) {
      quarantinedByReason[reason] = (quarantinedByReason[reason] ?? 0) + 1;
      usedBytes += event.bytes.length + EVENT_OVERHEAD_BYTES;
    }
    return Promise.resolve({ quotaBytes: this.#quotaBytes, usedBytes, reserveBytes: 0, quarantinedByReason });
  }

  requeue(eventIds: readonly string[]): Promise<readonly EventRow[]> {
    const rows: EventRow[] = [];
    for (const eventId of eventIds) {
      const found = this.#quarantine.get(eventId);
      if (found === undefined) continue;
      this.#quarantine.delete(eventId);
      rows.push(this.#insert(found.event, found.generation + 1));
    }
    return Promise.resolve(rows);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #appendOne({ events, state }: AppendCall): AppendedCall {
    const fresh = this.#unknownOf(events);
    const needed = fresh.reduce((sum, event) => sum + event.bytes.length + EVENT_OVERHEAD_BYTES, 0);
    if (fresh.length > 0 && this.#usedBytes + needed > this.#quotaBytes) return { result: 'full' };
    for (const write of state) this.#write(write);
    const rows = fresh.map((event) => this.#insert(event, 0));
    return { result: 'appended', rows, known: events.length - fresh.length };
  }

  /** By what waits. */
  get #usedBytes(): number {
    return this.#bytes + this.#events.size * EVENT_OVERHEAD_BYTES;
  }

  #unknownOf(events: readonly OutboxEvent[]): OutboxEvent[] {
    const seen = new Set<string>();
    return events.filter(({ eventId }) => {
      const isKnown = seen.has(eventId) || this.#ids.has(eventId) || this.#quarantine.has(eventId);
      seen.add(eventId);
      return !isKnown;
    });
  }

  #insert(event: OutboxEvent, generation: number): EventRow {
    const { podUid, observedAtMs, bytes } = event;
    const row = { seq: ++this.#lastSeq, podUid, bytes: bytes.length, observedAtMs };
    // A copy of its own: the caller's bytes may be a view on something large, or be changed later.
    this.#events.set(row.seq, { row, event: { ...event, bytes: bytes.slice() }, generation });
    this.#ids.add(event.eventId);
    this.#bytes += row.bytes;
    return row;
  }

  #write({ space, key, value }: StateWrite): void {
    const entries = this.#state.get(space) ?? new Map<string, string>();
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
    this.#state.set(space, entries);
  }

  #after(afterSeq: number, limit: number): StoredEvent[] {
    const found: StoredEvent[] = [];
    for (const [seq, stored] of this.#events) {
      if (found.length >= limit) break;
      if (seq > afterSeq) found.push(stored);
    }
    return found;
  }

  #addBatch(batch: StoredBatch): string {
    const batchId = String(++this.#lastBatch);
    this.#batches.set(batchId, batch);
    return batchId;
  }

  #loaded(batchId: string): LoadedBatch {
    const stored = this.#batch(batchId).seqs.map((seq) => this.#stored(seq).event);
    const record = this.#record(batchId);
    const { handler, body, slices } = assembleBody(stored.map((event) => event.bytes));
    const events = stored.map((event, index) => ({ ...event, bytes: slices[index] ?? event.bytes }));
    return { record, handler, body, events, idempotencyKey: idempotencyKey(handler, record.generation, body) };
  }

  #record(batchId: string): BatchRecord {
    const { generation, attempts, seqs } = this.#batch(batchId);
    return { batchId, generation, attempts, rows: seqs.map((seq) => this.#stored(seq).row) };
  }

  #batch(batchId: string): StoredBatch {
    const batch = this.#batches.get(batchId);
    if (batch === undefined) throw new CodedError('OUTBOX_BATCH_UNKNOWN', `there is no batch ${batchId}`);
    return batch;
  }

  /** How many of the oldest had to go. */
  #trimQuarantine(): number {
    let bytes = 0;
    for (const { event } of this.#quarantine.values()) bytes += event.bytes.length + EVENT_OVERHEAD_BYTES;
    let gone = 0;
    for (const [eventId, { event }] of this.#quarantine) {
      if (bytes <= this.#quotaBytes * QUARANTINE_SHARE) break;
      bytes -= event.bytes.length + EVENT_OVERHEAD_BYTES;
      this.#quarantine.delete(eventId);
      gone += 1;
    }
    return gone;
  }

  #stored(seq: number): StoredEvent {
    const stored = this.#events.get(seq);
    if (stored === undefined) throw new CodedError('INTERNAL', `no event is stored at place ${seq}`);
    return stored;
  }
}

function quarantinedEvent({ event, reason, quarantinedAtMs }: StoredQuarantine): QuarantinedEvent {
  return { ...event, reason, quarantinedAtMs };
}
