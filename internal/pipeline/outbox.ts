/**
 * The outbox port: what has passed dedupe and is not yet acknowledged by the plane.
 *
 * What it promises, for the durable implementation (outbox-sqlite.ts) and the one in memory (outbox-memory.ts) alike:
 * - append(): when it resolves with `appended`, the events and the state that goes with them are stored, together or
 *   not at all. An event id that is already stored is `known`, no second copy is made.
 * - freeze(): makes the oldest events a batch whose rows and key are stored before the caller can send it; no two
 *   batches in flight share a pod. A frozen batch is the same bytes under the same key until it is settled.
 * - acknowledge(): removes the batch's events; quarantine(): keeps them aside with a reason and a count.
 * - nothing else ever removes an event.
 * Nothing outside may assume that an implementation lives in memory: every call is asynchronous and may fail with a
 * CodedError (OUTBOX_FULL, OUTBOX_BROKEN, ...), in which case nothing of the call was done.
 */
import type { Delivery } from './delivery.ts';

/** One event as it will go over the wire. */
export interface OutboxEvent {
  readonly eventId: string;
  /** Two batches in flight never share one of these. */
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly phase: string;
  readonly fingerprint: string;
  /** Final wire bytes: one JSON object. */
  readonly bytes: Uint8Array;
  readonly observedAtMs: number;
}

/** A piece of agent state stored in the same transaction as the events it belongs to. `value` undefined deletes. */
export interface StateWrite {
  /** Which part keeps it: `dedupe`, `restarts`, `settings`, ... */
  readonly space: string;
  readonly key: string;
  readonly value: string | undefined;
}

/** State that an outbox writes in the transaction that gives a damaged row up. Whoever has made the loss good deletes it. */
export const LOST_MARK = { space: 'lost', key: 'rows' } as const;

export type AppendResult =
  | { readonly result: 'appended'; readonly appended: number; readonly known: number }
  /** No room within the quota; nothing was stored. */
  | { readonly result: 'full' };

/** A frozen batch. */
export interface FrozenBatch extends Delivery {
  readonly batchId: string;
  readonly generation: number;
  readonly attempts: number;
  readonly eventIds: readonly string[];
  readonly oldestObservedAtMs: number;
}

/** At most so many events and body bytes. `events: 0` asks for batches frozen before only: no new one is made. */
export interface FreezeLimits {
  readonly events: number;
  readonly bytes: number;
  /** Batches that were released to go last do so, after a new batch even, however old they are. */
  readonly suspectsLast?: boolean;
}

export interface OutboxStats {
  readonly events: number;
  readonly bytes: number;
  /** Of these, what is in no batch yet. */
  readonly looseEvents: number;
  readonly looseBytes: number;
  readonly oldestObservedAtMs: number | undefined;
  /** Frozen and not settled, in flight or waiting for their time. */
  readonly batches: number;
  readonly quarantined: number;
}

/** What takes the place of an event, with all else of that event. */
export type EventHalf = Pick<OutboxEvent, 'eventId' | 'bytes'>;

export interface QuarantinedEvent extends OutboxEvent {
  readonly reason: string;
  readonly quarantinedAtMs: number;
}

/** A stored event with its place in the queue. */
export interface ListedEvent {
  readonly seq: number;
  readonly event: OutboxEvent;
}

/** A quarantined event with its place; places rise with the time an event was first stored. */
export interface ListedQuarantine {
  readonly seq: number;
  readonly event: QuarantinedEvent;
}

/** How full the storage is, asked for by people and not by the path of a failure. */
export interface StoreDescription {
  readonly quotaBytes: number;
  /** Of the quota, what holds something, with all that storage adds to the events' bytes. */
  readonly usedBytes: number;
  /** Of the quota, what appends leave for draining. */
  readonly reserveBytes: number;
  readonly quarantinedByReason: Readonly<Record<string, number>>;
  /** Absent where there is none. */
  readonly file?: {
    readonly path: string;
    readonly schema: number;
    readonly deviceFreeBytes: number;
  };
}

export interface OutboxDescription extends StoreDescription {
  readonly batchesInFlight: number;
}

export interface ReleaseTerms {
  readonly delayMs: number;
  readonly key: 'same' | 'next-generation';
  /** While this batch waits, later events of its pods may go before it: for an event suspected to be what is wrong. */
  readonly yieldsPod?: boolean;
  /** Where `suspectsLast` is asked for, it comes after others; later events of its pods still wait. Those that yield do so anyway. */
  readonly goesLast?: boolean;
}

export interface Outbox {
  /** `durable`: survives the death of the process; `memory`: does not. */
  readonly promise: 'durable' | 'memory';
  append(events: readonly OutboxEvent[], state: readonly StateWrite[]): Promise<AppendResult>;
  /** All stored state of one space, by key. Read once at start. */
  loadState(space: string): Promise<ReadonlyMap<string, string>>;
  /** The oldest batch that is due and not in flight: one frozen before, else a new one. Undefined when nothing is due. */
  freeze(limits: FreezeLimits): Promise<FrozenBatch | undefined>;
  acknowledge(batchId: string): Promise<readonly OutboxEvent[]>;
  /** Puts the batch back, due in `delayMs`: under the same key, or as the next generation under a new one. */
  release(batchId: string, again: ReleaseTerms): Promise<void>;
  /** Replaces the batch by its two halves, each with its own key; returns their ids. Only for batches of two or more. */
  split(batchId: string): Promise<readonly [string, string]>;
  /** Replaces a batch of one by two of one: its event by these two, at once. Returns their ids. For digests. */
  halve(batchId: string, halves: readonly [EventHalf, EventHalf]): Promise<readonly [string, string]>;
  quarantine(batchId: string, reason: string): Promise<readonly OutboxEvent[]>;
  /** Replaces the bytes of a batch of one (trimmed to fit), under a new key. */
  rewrite(batchId: string, bytes: Uint8Array): Promise<void>;
  quarantined(): Promise<readonly QuarantinedEvent[]>;
  /** The quarantined events with a place after `afterSeq` (0 for the first), at most `limit`. */
  listQuarantined(afterSeq: number, limit: number): Promise<readonly ListedQuarantine[]>;
  /** Puts quarantined events back at the end of the queue, to go under keys not used before. Returns how many were found. */
  requeue(eventIds: readonly string[]): Promise<number>;
  /** The oldest events stored, frozen ones included, at most `limit` after `afterSeq` (0 for the first). */
  list(afterSeq: number, limit: number): Promise<readonly ListedEvent[]>;
  stats(): OutboxStats;
  describe(): Promise<OutboxDescription>;
  /** Calls back, at most once per append, when there may be something new to freeze. Returns how to stop that. */
  onAppend(listener: () => void): () => void;
  /**
   * Calls back when rows were found lost while the outbox is open, LOST_MARK being stored by then; what was lost before
   * is told by LOST_MARK alone. Returns how to stop that.
   */
  onLost(listener: () => void): () => void;
  close(): Promise<void>;
}
