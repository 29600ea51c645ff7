/**
 * What is known of failures on their way to the plane, until their trace is made. A failure is traced or not by its event id
 * alone, so that every replica decides the same of it, and so does who reads the id.
 *
 * Bounded: so many failures, the oldest goes first; of each, so many deliveries. One that an earlier process stored is known
 * from its first delivery on. Times are Ms since the epoch.
 */
import type { DeliveryOutcome } from '../pipeline/delivery.ts';
import type { Finding } from '../pipeline/finding.ts';
import type { FrozenBatch, OutboxEvent } from '../pipeline/outbox.ts';
import { keepNewest } from '../platform/keep-newest.ts';

/** One delivery of the batch that held the failure, with all requests in it. */
export interface DeliveryRecord {
  readonly batchId: string;
  readonly events: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: Pick<DeliveryOutcome, 'kind' | 'reason' | 'status'>;
}

/** What was seen and decided here; absent of what an earlier process stored. */
export interface SeenRecord {
  readonly type: Finding['type'];
  readonly reason: string;
  readonly container: string;
  /** 0 where the object doesn't say. */
  readonly occurredAtMs: number;
  readonly decidedAtMs: number;
}

export interface FailureRecord {
  seen: SeenRecord | undefined;
  storedAtMs: number | undefined;
  /** The first ones and the last one. */
  readonly deliveries: DeliveryRecord[];
  deliveriesLeftOut: number;
}

export interface RecordLimits {
  readonly failures: number;
  readonly deliveries: number;
}

const defaultLimits: RecordLimits = { failures: 2_000, deliveries: 8 };

/** A trace id, which must not be all zeros (W3C Trace Context, 3.2.2.3). Event ids are made like that. */
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const LAST_DIGITS = 8;

/** True of `percent` of all event ids. Pure. */
export function isTraced(eventId: string, percent: number): boolean {
  if (!TRACE_ID.test(eventId)) return false;
  return parseInt(eventId.slice(-LAST_DIGITS), 16) / 2 ** (4 * LAST_DIGITS) < percent / 100;
}

export class FailureRecords {
  readonly #percent: number;
  readonly #limits: RecordLimits;
  readonly #records = new Map<string, FailureRecord>();

  constructor(percent: number, limits: RecordLimits = defaultLimits) {
    this.#percent = percent;
    this.#limits = limits;
  }

  get size(): number {
    return this.#records.size;
  }

  /** It is on its way to the outbox. */
  appending({ eventId, type, reason, container, occurredAtMs }: Finding, decidedAtMs: number): void {
    const record = this.#record(eventId);
    if (record === undefined) return;
    record.seen ??= { type, reason, container: container?.name ?? '', occurredAtMs, decidedAtMs };
  }

  /** It won't be told by itself. */
  forget(eventId: string): void {
    this.#records.delete(eventId);
  }

  stored(findings: readonly Finding[], storedAtMs: number): void {
    for (const { eventId } of findings) {
      const record = this.#records.get(eventId);
      if (record !== undefined) record.storedAtMs ??= storedAtMs;
    }
  }

  delivered({ eventIds }: Pick<FrozenBatch, 'eventIds'>, delivery: DeliveryRecord): void {
    for (const eventId of eventIds) {
      const record = this.#record(eventId);
      if (record === undefined) continue;
      if (record.deliveries.length >= this.#limits.deliveries) {
        record.deliveries.pop();
        record.deliveriesLeftOut++;
      }
      record.deliveries.push(delivery);
    }
  }

  /** What is known of a failure that has reached its end, which is forgotten then; undefined where it is not traced. */
  take({ eventId }: Pick<OutboxEvent, 'eventId'>): FailureRecord | undefined {
    const record = this.#record(eventId);
    this.#records.delete(eventId);
    return record;
  }

  #record(eventId: string): FailureRecord | undefined {
    if (!isTraced(eventId, this.#percent)) return undefined;
    const known = this.#records.get(eventId);
    if (known !== undefined) return known;
    const record: FailureRecord = { seen: undefined, storedAtMs: undefined, deliveries: [], deliveriesLeftOut: 0 };
    keepNewest(this.#records, eventId, record, this.#limits.failures);
    return record;
  }
}
