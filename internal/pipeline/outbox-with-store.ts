/**
 * The outbox, whatever keeps its rows: joins the ledger (what is due, which pod is taken) with a store (what is kept).
 * The promises are those of outbox.ts. Changes go to the store first and into the ledger only when they are kept, so that
 * a failed call has changed nothing.
 *
 * After an error with the code OUTBOX_BROKEN the store is opened anew before the next call, at most once a second.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { GroupCommit } from './outbox-group-commit.ts';
import { OutboxLedger } from './outbox-ledger.ts';
import type { AppendResult, EventHalf, FreezeLimits, FrozenBatch, ListedEvent, ListedQuarantine } from './outbox.ts';
import type { Outbox, OutboxDescription, OutboxEvent, OutboxStats, QuarantinedEvent } from './outbox.ts';
import type { ReleaseTerms, StateWrite } from './outbox.ts';
import type { AppendCall, AppendedCall, BatchRecord, LoadedBatch, OutboxStore, StoreNotice } from './outbox-store.ts';

/** Between two attempts to open a broken store anew. */
const REOPEN_PAUSE_MS = 1000;

export interface OutboxDeps {
  readonly clock: Clock;
  /** Told of damage and repairs; see StoreNotice. */
  readonly onNotice: (notice: StoreNotice) => void;
}

export class OutboxWithStore implements Outbox {
  readonly promise: 'durable' | 'memory';
  readonly #store: OutboxStore;
  readonly #deps: OutboxDeps;
  readonly #ledger = new OutboxLedger();
  readonly #appends: GroupCommit;
  readonly #listeners = new Set<() => void>();
  readonly #lossListeners = new Set<() => void>();
  /** Bytes of the batches in flight. */
  readonly #loaded = new Map<string, LoadedBatch>();
  #quarantined = 0;
  #freezing: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #broken: { readonly error: unknown; readonly sinceMs: number } | undefined;
  #reopening: Promise<void> | undefined;

  private constructor(store: OutboxStore, deps: OutboxDeps) {
    this.promise = store.promise;
    this.#store = store;
    this.#deps = deps;
    this.#appends = new GroupCommit((calls) => this.#commit(calls));
  }

  /** Opens the store and takes over what is in it. Rejects with a CodedError where the store can't be opened. */
  static async open(store: OutboxStore, deps: OutboxDeps): Promise<OutboxWithStore> {
    const outbox = new OutboxWithStore(store, deps);
    await outbox.#takeOver();
    return outbox;
  }

  async append(events: readonly OutboxEvent[], state: readonly StateWrite[]): Promise<AppendResult> {
    this.#assertOpen();
    if (events.length === 0 && state.length === 0) return { result: 'appended', appended: 0, known: 0 };
    const stored = await this.#appends.add({ events, state });
    if (stored.result === 'full') return stored;
    return { result: 'appended', appended: stored.rows.length, known: stored.known };
  }

  loadState(space: string): Promise<ReadonlyMap<string, string>> {
    return this.#call((store) => store.loadState(space));
  }

  /** Freezes run one after the other: each sees what the one before has taken. */
  freeze(limits: FreezeLimits): Promise<FrozenBatch | undefined> {
    const frozen = this.#freezing.then(() => this.#freezeNext(limits));
    this.#freezing = frozen.catch(() => undefined);
    return frozen;
  }

  async acknowledge(batchId: string): Promise<readonly OutboxEvent[]> {
    const { events } = await this.#bytesOf(batchId);
    await this.#onBatch(batchId, (store) => store.settle(batchId, { as: 'delivered' }));
    this.#forget(batchId);
    return events;
  }

  async quarantine(batchId: string, reason: string): Promise<readonly OutboxEvent[]> {
    const { events } = await this.#bytesOf(batchId);
    const atMs = this.#deps.clock.now();
    const gone = await this.#onBatch(batchId, (store) => store.settle(batchId, { as: 'quarantined', reason, atMs }));
    this.#quarantined += events.length - gone;
    if (gone > 0) this.#deps.onNotice({ kind: 'quarantine-overflowed', events: gone });
    this.#forget(batchId);
    return events;
  }

  async release(batchId: string, again: ReleaseTerms): Promise<void> {
    this.#recordOf(batchId);
    const record = await this.#onBatch(batchId, (store) => store.release(batchId, again.key));
    this.#loaded.delete(batchId);
    this.#ledger.waiting(record, this.#deps.clock.monotonicMs() + again.delayMs, again);
  }

  async split(batchId: string): Promise<readonly [string, string]> {
    const { rows } = this.#recordOf(batchId);
    if (rows.length < 2)
      throw new CodedError('OUTBOX_BATCH_UNKNOWN', `batch ${batchId} is of one event, not to be split`);
    const halves = await this.#onBatch(batchId, (store) => store.split(batchId));
    this.#loaded.delete(batchId);
    this.#ledger.replaced(batchId, halves);
    return [halves[0].batchId, halves[1].batchId];
  }

  async halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [string, string]> {
    this.#assertOfOne(batchId);
    const by = await this.#onBatch(batchId, (store) => store.halve(batchId, halves));
    this.#loaded.delete(batchId);
    this.#ledger.replaced(batchId, by);
    return [by[0].batchId, by[1].batchId];
  }

  async rewrite(batchId: string, bytes: Uint8Array): Promise<void> {
    this.#assertOfOne(batchId);
    const record = await this.#onBatch(batchId, (store) => store.rewrite(batchId, bytes));
    this.#loaded.delete(batchId);
    this.#ledger.replaced(batchId, [record]);
  }

  quarantined(): Promise<readonly QuarantinedEvent[]> {
    return this.#call((store) => store.quarantined());
  }

  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]> {
    return this.#call((store) => store.listQuarantined(afterSeq, limit));
  }

  async describe(): Promise<OutboxDescription> {
    const described = await this.#call((store) => store.describe());
    return { ...described, batchesInFlight: this.#ledger.inFlightBatches };
  }

  async requeue(eventIds: readonly string[]): Promise<number> {
    const rows = await this.#call((store) => store.requeue(eventIds));
    this.#quarantined -= rows.length;
    this.#ledger.appended(rows);
    this.#tell();
    return rows.length;
  }

  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]> {
    return this.#call((store) => store.list(afterSeq, limit));
  }

  stats(): OutboxStats {
    const loose = this.#ledger.loose;
    return {
      events: this.#ledger.events,
      bytes: this.#ledger.bytes,
      looseEvents: loose.events,
      looseBytes: loose.bytes,
      oldestObservedAtMs: this.#ledger.oldestObservedAtMs,
      batches: this.#ledger.batches,
      quarantined: this.#quarantined,
    };
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onLost(listener: () => void): () => void {
    this.#lossListeners.add(listener);
    return () => void this.#lossListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#lossListeners.clear();
    await this.#store.close();
  }

  async #commit(calls: readonly AppendCall[]): Promise<readonly AppendedCall[]> {
    const results = await this.#call((store) => store.append(calls));
    let isNew = false;
    for (const result of results) {
      if (result.result === 'full' || result.rows.length === 0) continue;
      this.#ledger.appended(result.rows);
      isNew = true;
    }
    if (isNew) this.#tell();
    return results;
  }

  async #freezeNext(limits: FreezeLimits): Promise<FrozenBatch | undefined> {
    let suspects = limits.suspectsLast !== true;
    for (;;) {
      // Before rows are taken from the ledger: opening the store anew begins the ledger anew.
      await this.#ready();
      const due = this.#ledger.dueBatch(this.#deps.clock.monotonicMs(), suspects);
      const attempt =
        due === undefined ? await this.#freezeLoose(limits) : ((await this.#loadOrDissolve(due)) ?? 'again');
      if (typeof attempt === 'object') return this.#takeOff(attempt);
      if (attempt === 'nothing' && suspects) return undefined;
      if (attempt === 'nothing') suspects = true;
    }
  }

  async #freezeLoose(limits: FreezeLimits): Promise<LoadedBatch | 'nothing' | 'again'> {
    if (limits.events < 1) return 'nothing';
    await this.#fillWindow();
    const rows = this.#ledger.takeLoose(limits);
    if (rows.length === 0) return 'nothing';
    try {
      const frozen = await this.#call((store) => store.freeze(rows.map((row) => row.seq)));
      const damaged = new Set(frozen.damaged);
      this.#ledger.lost(rows.filter((row) => damaged.has(row.seq)));
      this.#noticeDamage(damaged.size);
      return frozen.batch ?? 'again';
    } catch (error) {
      this.#ledger.putBack(rows);
      throw error;
    }
  }

  #takeOff(batch: LoadedBatch): FrozenBatch {
    const { record, events } = batch;
    this.#ledger.inFlight(record);
    this.#loaded.set(record.batchId, batch);
    return {
      batchId: record.batchId,
      handler: batch.handler,
      idempotencyKey: batch.idempotencyKey,
      body: batch.body,
      events: events.length,
      generation: record.generation,
      attempts: record.attempts,
      eventIds: events.map((event) => event.eventId),
      oldestObservedAtMs: record.rows.reduce((oldest, row) => Math.min(oldest, row.observedAtMs), Infinity),
    };
  }

  async #fillWindow(): Promise<void> {
    for (let wanted = this.#ledger.scanWanted(); wanted !== undefined; wanted = this.#ledger.scanWanted()) {
      const { afterSeq, limit } = wanted;
      this.#ledger.scanned(wanted, await this.#call((store) => store.scan(afterSeq, limit)));
    }
  }

  async #bytesOf(batchId: string): Promise<LoadedBatch> {
    this.#recordOf(batchId);
    const batch = this.#loaded.get(batchId) ?? (await this.#loadOrDissolve(batchId));
    if (batch !== undefined) return batch;
    throw new CodedError('OUTBOX_BATCH_UNKNOWN', `batch ${batchId} held damaged events and was dissolved`);
  }

  async #loadOrDissolve(batchId: string): Promise<LoadedBatch | undefined> {
    const read = await this.#call((store) => store.load(batchId));
    if (read.result === 'loaded') return read.batch;
    this.#loaded.delete(batchId);
    this.#ledger.dissolved(batchId, read.rows);
    this.#noticeDamage(read.damaged.length);
    return undefined;
  }

  /** A change of a batch. Where the store can't make it because an event of it is damaged, the batch is dissolved. */
  async #onBatch<T>(batchId: string, change: (store: OutboxStore) => Promise<T>): Promise<T> {
    try {
      return await this.#call(change);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'OUTBOX_BATCH_UNKNOWN') await this.#loadOrDissolve(batchId);
      throw error;
    }
  }

  #recordOf(batchId: string): BatchRecord {
    this.#assertOpen();
    const record = this.#ledger.record(batchId);
    if (record === undefined) throw new CodedError('OUTBOX_BATCH_UNKNOWN', `there is no batch ${batchId}`);
    return record;
  }

  #assertOfOne(batchId: string): void {
    const { rows } = this.#recordOf(batchId);
    if (rows.length === 1) return;
    throw new CodedError('OUTBOX_BATCH_UNKNOWN', `batch ${batchId} has ${rows.length} events, not one`);
  }

  #forget(batchId: string): void {
    this.#loaded.delete(batchId);
    this.#ledger.settled(batchId);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #noticeDamage(rows: number): void {
    if (rows > 0) this.#noticeLoss([{ kind: 'rows-damaged', rows }]);
  }

  #noticeLoss(notices: readonly StoreNotice[]): void {
    if (notices.length === 0) return;
    for (const notice of notices) this.#deps.onNotice(notice);
    for (const listener of this.#lossListeners) listener();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new CodedError('OUTBOX_CLOSED', 'the outbox has been closed');
  }

  /** Every way to the store: opens it anew first where it broke. */
  async #call<T>(operation: (store: OutboxStore) => Promise<T>): Promise<T> {
    await this.#ready();
    try {
      return await operation(this.#store);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'OUTBOX_BROKEN') {
        this.#broken = { error, sinceMs: this.#deps.clock.monotonicMs() };
      }
      throw error;
    }
  }

  async #ready(): Promise<void> {
    this.#assertOpen();
    if (this.#broken !== undefined) await this.#reopen(this.#broken);
  }

  async #reopen(broken: { readonly error: unknown; readonly sinceMs: number }): Promise<void> {
    if (this.#deps.clock.monotonicMs() - broken.sinceMs < REOPEN_PAUSE_MS) throw broken.error;
    this.#reopening ??= this.#takeOver().finally(() => (this.#reopening = undefined));
    try {
      await this.#reopening;
    } catch (error) {
      this.#broken = { error, sinceMs: this.#deps.clock.monotonicMs() };
      throw error;
    }
  }

  async #takeOver(): Promise<void> {
    const opening = await this.#store.open();
    this.#ledger.reset(opening);
    this.#quarantined = opening.quarantined;
    for (const batchId of this.#loaded.keys()) if (!this.#ledger.has(batchId)) this.#loaded.delete(batchId);
    this.#broken = undefined;
    await this.#fillWindow();
    this.#noticeLoss(opening.notices);
  }
}
