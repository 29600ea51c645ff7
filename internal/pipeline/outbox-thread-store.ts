/**
 * The durable store behind a thread of its own: OutboxStore on this side, messages in between, SqliteStore on the other.
 * If the thread dies, calls fail with OUTBOX_BROKEN, which makes the outbox open the store anew, with a new thread.
 */
import { Worker } from 'node:worker_threads';
import { CodedError } from '../platform/errors.ts';
import type {
  EventHalf,
  ListedEvent,
  ListedQuarantine,
  OutboxEvent,
  QuarantinedEvent,
  StoreDescription,
} from './outbox.ts';
import type { AppendCall, AppendedCall, BatchRecord, EventRow, FrozenRows } from './outbox-store.ts';
import type { LoadResult, OutboxStore, Settlement, StoreOpening } from './outbox-store.ts';
import type { Answer, Request, StoreCall, ThreadOptions } from './outbox-thread-protocol.ts';

/** Beside this file, whether it runs as source or bundled. */
const threadUrl = new URL(`./outbox-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: CodedError) => void;
}

export class ThreadStore implements OutboxStore {
  readonly promise = 'durable';
  readonly #options: ThreadOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  async open(): Promise<StoreOpening> {
    this.#worker ??= this.#start();
    try {
      return await this.#ask('open');
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  append(calls: readonly AppendCall[]): Promise<readonly AppendedCall[]> {
    const tight = calls.map((call) => ({ ...call, events: call.events.map(withTightBytes) }));
    return this.#ask('append', tight);
  }

  loadState(space: string): Promise<ReadonlyMap<string, string>> {
    return this.#ask('loadState', space);
  }

  scan(afterSeq: number, limit: number): Promise<readonly EventRow[]> {
    return this.#ask('scan', afterSeq, limit);
  }

  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]> {
    return this.#ask('list', afterSeq, limit);
  }

  freeze(seqs: readonly number[]): Promise<FrozenRows> {
    return this.#ask('freeze', seqs);
  }

  load(batchId: string): Promise<LoadResult> {
    return this.#ask('load', batchId);
  }

  settle(batchId: string, settlement: Settlement): Promise<number> {
    return this.#ask('settle', batchId, settlement);
  }

  release(batchId: string, key: 'same' | 'next-generation'): Promise<BatchRecord> {
    return this.#ask('release', batchId, key);
  }

  split(batchId: string): Promise<readonly [BatchRecord, BatchRecord]> {
    return this.#ask('split', batchId);
  }

  halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [BatchRecord, BatchRecord]> {
    const tight = halves.map(({ eventId, bytes }) => ({ eventId, bytes: bytes.slice() }));
    return this.#ask('halve', batchId, tight);
  }

  rewrite(batchId: string, bytes: Uint8Array): Promise<BatchRecord> {
    return this.#ask('rewrite', batchId, bytes.slice());
  }

  quarantined(): Promise<readonly QuarantinedEvent[]> {
    return this.#ask('quarantined');
  }

  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]> {
    return this.#ask('listQuarantined', afterSeq, limit);
  }

  describe(): Promise<StoreDescription> {
    return this.#ask('describe');
  }

  requeue(eventIds: readonly string[]): Promise<readonly EventRow[]> {
    return this.#ask('requeue', eventIds);
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return;
    try {
      await this.#ask('close');
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(threadUrl, { workerData: this.#options, name: 'outbox', execArgv: [] });
    worker.unref();
    worker.on('message', (answer: Answer) => this.#answered(worker, answer));
    worker.on('error', (error) => this.#died(worker, error));
    worker.on('exit', () => this.#died(worker, undefined));
    return worker;
  }

  #ask<T>(call: StoreCall, ...args: readonly unknown[]): Promise<T> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(new CodedError('OUTBOX_BROKEN', "the outbox's thread has ended"));
    return new Promise((resolve, reject) => {
      const request: Request = { id: ++this.#lastId, call, args };
      this.#pending.set(request.id, { resolve, reject });
      // The thread keeps the process alive while something is asked of it, and only then.
      worker.ref();
      worker.postMessage(request);
    });
  }

  #answered(worker: Worker, answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) worker.unref();
    if (answer.result === 'done') pending?.resolve(answer.value as never);
    else pending?.reject(new CodedError(answer.code, answer.detail));
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = cause instanceof Error ? cause.message : 'it ended';
    const error = new CodedError('OUTBOX_BROKEN', `the outbox's thread died: ${reason}`, { cause });
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

/** Crossing over copies the whole buffer under a view, and small Buffers are views on 8 KiB they share. */
function withTightBytes(event: OutboxEvent): OutboxEvent {
  return event.bytes.byteLength === event.bytes.buffer.byteLength ? event : { ...event, bytes: event.bytes.slice() };
}
