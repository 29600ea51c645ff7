/**
 * What an outbox needs of its storage. OutboxWithStore (outbox-with-store.ts) keeps the order of things in memory: which
 * batch is due, which pod is taken; a store keeps rows and batches, and answers when they are kept. There are two:
 * outbox-memory.ts and, possibly behind a thread, outbox-sqlite-store.ts.
 *
 * Everything here is plain data, so that it can cross to another thread. A call either does all of what it says or fails
 * with a CodedError and has done nothing.
 */
import type { PlaneHandler } from './delivery.ts';
import type { EventHalf, ListedEvent, ListedQuarantine, OutboxEvent, QuarantinedEvent, StateWrite } from './outbox.ts';
import type { StoreDescription } from './outbox.ts';

/** What has to be known of a stored event to put it into a batch. `seq` is its place in the queue. */
export interface EventRow {
  readonly seq: number;
  readonly podUid: string;
  readonly bytes: number;
  readonly observedAtMs: number;
}

/** One append(): stored together or not at all. */
export interface AppendCall {
  readonly events: readonly OutboxEvent[];
  readonly state: readonly StateWrite[];
}

export type AppendedCall =
  | { readonly result: 'appended'; readonly rows: readonly EventRow[]; readonly known: number }
  | { readonly result: 'full' };

/** A frozen batch without its bytes. */
export interface BatchRecord {
  readonly batchId: string;
  readonly generation: number;
  readonly attempts: number;
  readonly rows: readonly EventRow[];
}

/** A frozen batch with its bytes; `events` are views on `body`, in the order of `record.rows`. */
export interface LoadedBatch {
  readonly record: BatchRecord;
  readonly handler: PlaneHandler;
  readonly idempotencyKey: string;
  readonly body: Uint8Array;
  readonly events: readonly OutboxEvent[];
}

/** Undefined batch: nothing of what was asked for could be read. `damaged` rows were set aside and are no longer queued. */
export interface FrozenRows {
  readonly batch: LoadedBatch | undefined;
  readonly damaged: readonly number[];
}

/** `dissolved`: its bytes can't be made again as they were sent; the healthy `rows` are loose again. */
export type LoadResult =
  | { readonly result: 'loaded'; readonly batch: LoadedBatch }
  | { readonly result: 'dissolved'; readonly rows: readonly EventRow[]; readonly damaged: readonly number[] };

/** Of its quota, what the quarantine may take: it must never be what makes the outbox full. */
export const QUARANTINE_SHARE = 1 / 8;

export type Settlement =
  { readonly as: 'delivered' } | { readonly as: 'quarantined'; readonly reason: string; readonly atMs: number };

/** Something that happened to what is stored and that an operator should hear of. */
export type StoreNotice =
  | { readonly kind: 'quarantine-overflowed'; readonly events: number }
  | { readonly kind: 'rows-damaged'; readonly rows: number }
  | { readonly kind: 'records-missing'; readonly records: number }
  | { readonly kind: 'file-repaired'; readonly keptAs: string; readonly rows: number; readonly why: string }
  | { readonly kind: 'file-set-aside'; readonly keptAs: string; readonly why: string };

/** What was found when the store was opened. */
export interface StoreOpening {
  readonly events: number;
  readonly bytes: number;
  readonly quarantined: number;
  /** No stored row has a higher place. */
  readonly lastSeq: number;
  readonly batches: readonly BatchRecord[];
  /** What was found damaged or missing; where there is any, LOST_MARK is stored. */
  readonly notices: readonly StoreNotice[];
}

export interface OutboxStore {
  readonly promise: 'durable' | 'memory';
  /** Opens, or opens anew after an error with the code OUTBOX_BROKEN. */
  open(): Promise<StoreOpening>;
  append(calls: readonly AppendCall[]): Promise<readonly AppendedCall[]>;
  loadState(space: string): Promise<ReadonlyMap<string, string>>;
  /** At most `limit` rows after `afterSeq`, in order, those of batches included. Fewer than `limit` means: that is all. */
  scan(afterSeq: number, limit: number): Promise<readonly EventRow[]>;
  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]>;
  freeze(seqs: readonly number[]): Promise<FrozenRows>;
  load(batchId: string): Promise<LoadResult>;
  /** Returns how many events quarantined earlier had to go, the oldest first, to keep the quarantine within its share. */
  settle(batchId: string, settlement: Settlement): Promise<number>;
  release(batchId: string, key: 'same' | 'next-generation'): Promise<BatchRecord>;
  split(batchId: string): Promise<readonly [BatchRecord, BatchRecord]>;
  halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [BatchRecord, BatchRecord]>;
  rewrite(batchId: string, bytes: Uint8Array): Promise<BatchRecord>;
  quarantined(): Promise<readonly QuarantinedEvent[]>;
  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]>;
  describe(): Promise<StoreDescription>;
  requeue(eventIds: readonly string[]): Promise<readonly EventRow[]>;
  close(): Promise<void>;
}
