/**
 * When what an event tells of happened, read from its stored bytes: the outbox keeps when it was seen, and no more.
 * Only failures that are moments (an exit, the end of a pod) are asked for: of a state that is told once it has lasted,
 * the time since it began says what it was set to, and not how fast it was told.
 */
import type { IncidentClass } from '../pipeline/finding.ts';
import type { OutboxEvent } from '../pipeline/outbox.ts';
import type { WireEvent } from './wire-event.ts';

/** The type is the second of an event's fields: most of what is not asked for is not parsed. */
const FAILURE_TYPE = '"type":"failure"';
const HEAD_BYTES = 256;

/** Classes whose failures are over once they happened. One of a start is, where a container has ended of it. */
const MOMENTS: readonly IncidentClass[] = ['crash', 'pod'];

export function isMoment({ incidentClass, hasExit }: { incidentClass: IncidentClass; hasExit: boolean }): boolean {
  return MOMENTS.includes(incidentClass) || hasExit;
}

/** By the object's own times, in Ms since the epoch; undefined where they don't say, and for all that is no moment. Never throws. */
export function failedAtMs({ bytes }: Pick<OutboxEvent, 'bytes'>): number | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES));
  if (!head.includes(FAILURE_TYPE)) return undefined;
  const event = parsed(bytes);
  if (typeof event?.occurred_at !== 'string' || event.test === true) return undefined;
  if (!isMoment({ incidentClass: event.incident_class, hasExit: event.exit_code !== undefined })) return undefined;
  const atMs = Date.parse(event.occurred_at);
  return Number.isFinite(atMs) ? atMs : undefined;
}

function parsed(bytes: Uint8Array): WireEvent | null | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as WireEvent | null;
  } catch {
    return undefined;
  }
}
