/**
 * What an outbox holds, as the documents that people and their programs read: `watcher outbox -o json`, and the control
 * socket. Field names are those of the wire, snake_case; they are part of what we keep stable (docs/operations/outbox.md).
 */
import { COALESCED_SPACE, Coalescer, type CoalescedCounts } from './coalesce.ts';
import { DIGEST_SPACE, gatheredIn } from './digest.ts';
import type { ListedEvent, ListedQuarantine, Outbox, OutboxEvent } from './outbox.ts';

export interface OutboxStatus {
  readonly promise: 'durable' | 'memory';
  readonly waiting: {
    readonly events: number;
    readonly bytes: number;
    /** RFC 3339; null where nothing waits. */
    readonly oldest_observed_at: string | null;
    readonly oldest_age_ms: number;
    /** Frozen batches; in flight are those being sent just now. */
    readonly batches: number;
    readonly batches_in_flight: number;
  };
  /** Kept and counted by fingerprint since the outbox was full; see coalesce.ts. */
  readonly coalesced: { readonly fingerprints: number; readonly failures: number };
  /** Failures of storms, stored to be told together; see digest.ts. */
  readonly gathered: { readonly failures: number };
  readonly quarantined: { readonly events: number; readonly by_reason: Readonly<Record<string, number>> };
  readonly quota: { readonly bytes: number; readonly used_bytes: number; readonly reserve_bytes: number };
  readonly file?: { readonly path: string; readonly schema: number; readonly device_free_bytes: number };
}

export interface EventDocument {
  readonly seq: number;
  readonly event_id: string;
  readonly namespace: string;
  readonly pod: string;
  readonly phase: string;
  /** Of the failure; '' where the bytes don't tell. */
  readonly reason: string;
  readonly fingerprint: string;
  readonly observed_at: string;
  readonly bytes: number;
  /** The event as it goes over the wire: JSON text. */
  readonly body?: string;
}

export interface QuarantineDocument extends EventDocument {
  /** Why the plane could not take it. */
  readonly quarantine_reason: string;
  readonly quarantined_at: string;
}

/** `next_after`: what to ask the next page with; null at the end. */
export interface Page<D> {
  readonly events: readonly D[];
  readonly next_after: number | null;
}

export interface PageRequest {
  readonly after: number;
  readonly limit: number;
  readonly bodies: boolean;
}

export async function outboxStatus(outbox: Outbox, nowMs: number): Promise<OutboxStatus> {
  const described = await outbox.describe();
  const { events, bytes, oldestObservedAtMs, batches, quarantined } = outbox.stats();
  return {
    promise: outbox.promise,
    waiting: {
      events,
      bytes,
      oldest_observed_at: oldestObservedAtMs === undefined ? null : rfc3339(oldestObservedAtMs),
      oldest_age_ms: oldestObservedAtMs === undefined ? 0 : Math.max(0, nowMs - oldestObservedAtMs),
      batches,
      batches_in_flight: described.batchesInFlight,
    },
    coalesced: await coalescedIn(outbox),
    gathered: { failures: (await outbox.loadState(DIGEST_SPACE)).size },
    quarantined: { events: quarantined, by_reason: described.quarantinedByReason },
    quota: {
      bytes: described.quotaBytes,
      used_bytes: described.usedBytes,
      reserve_bytes: described.reserveBytes,
    },
    ...fileOf(described),
  };
}

async function coalescedIn(outbox: Outbox): Promise<OutboxStatus['coalesced']> {
  const coalescer = await coalescerOf(outbox);
  return { fingerprints: coalescer.fingerprints, failures: coalescer.fingerprints + coalescer.counted };
}

async function coalescerOf(outbox: Outbox): Promise<Coalescer> {
  const coalescer = new Coalescer(0);
  coalescer.load(await outbox.loadState(COALESCED_SPACE));
  return coalescer;
}

/**
 * All that is kept by fingerprint, as the events they become once there is room, `withCounts` writing onto each what was
 * counted on it. They have no place in the queue yet: `seq` is 0. Half a MiB at most, so they come in one page.
 */
export async function coalescedPage(
  outbox: Outbox,
  withCounts: (bytes: Uint8Array, counts: CoalescedCounts) => Uint8Array,
): Promise<Page<EventDocument>> {
  const rows = (await coalescerOf(outbox)).oldest(Infinity);
  const events = rows.map((row) => {
    const bytes = row.count === 0 ? row.event.bytes : withCounts(row.event.bytes, row);
    return eventDocument(0, { ...row.event, bytes }, true);
  });
  return { events, next_after: null };
}

/** All that is gathered of storms, each failure as the event it would be by itself; without a place in the queue: `seq` is 0. */
export async function gatheredPage(outbox: Outbox): Promise<Page<EventDocument>> {
  const { events } = gatheredIn(await outbox.loadState(DIGEST_SPACE));
  return { events: events.map((event) => eventDocument(0, event, true)), next_after: null };
}

function fileOf({ file }: Awaited<ReturnType<Outbox['describe']>>): Pick<OutboxStatus, 'file'> {
  if (file === undefined) return {};
  return { file: { path: file.path, schema: file.schema, device_free_bytes: file.deviceFreeBytes } };
}

export async function waitingPage(outbox: Outbox, { after, limit, bodies }: PageRequest): Promise<Page<EventDocument>> {
  const listed = await outbox.list(after, limit);
  return page(listed, ({ seq, event }: ListedEvent) => eventDocument(seq, event, bodies));
}

export async function quarantinePage(
  outbox: Outbox,
  { after, limit, bodies }: PageRequest,
): Promise<Page<QuarantineDocument>> {
  const listed = await outbox.listQuarantined(after, limit);
  return page(listed, ({ seq, event }: ListedQuarantine) => ({
    ...eventDocument(seq, event, bodies),
    quarantine_reason: event.reason,
    quarantined_at: rfc3339(event.quarantinedAtMs),
  }));
}

/** Rows that don't check are left out of a page, so that only an empty one is surely the last. */
function page<T extends { readonly seq: number }, D>(listed: readonly T[], document: (one: T) => D): Page<D> {
  return { events: listed.map(document), next_after: listed.at(-1)?.seq ?? null };
}

function eventDocument(seq: number, event: OutboxEvent, withBody: boolean): EventDocument {
  const { eventId, namespace, pod, phase, fingerprint, observedAtMs, bytes } = event;
  const body = new TextDecoder().decode(bytes);
  return {
    ...{ seq, event_id: eventId, namespace, pod, phase, reason: reasonIn(body), fingerprint },
    observed_at: rfc3339(observedAtMs),
    bytes: bytes.length,
    ...(withBody ? { body } : {}),
  };
}

function reasonIn(body: string): string {
  try {
    const event: unknown = JSON.parse(body);
    const reason = typeof event === 'object' && event !== null && 'reason' in event ? event.reason : '';
    return typeof reason === 'string' ? reason : '';
  } catch {
    return '';
  }
}

function rfc3339(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}
