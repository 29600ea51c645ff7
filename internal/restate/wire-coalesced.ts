/**
 * Writes onto a stored event what was counted on it while the outbox was full. Everything else of the event, its id above
 * all, stays as it is; it is trimmed like any other where it no longer fits.
 */
import type { CoalescedCounts } from '../pipeline/coalesce.ts';
import { EVENT_BYTES } from '../platform/limits.ts';
import type { WireEvent } from './wire-event.ts';
import { encodeWithin } from './wire-trim.ts';

/** The event's bytes with its counts; the bytes as they are where they are no event. Never throws. */
export function withCoalesced(bytes: Uint8Array, { count, firstAtMs, lastAtMs }: CoalescedCounts): Uint8Array {
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return bytes;
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return bytes;
  const coalesced = { count, first_at: rfc3339(firstAtMs), last_at: rfc3339(lastAtMs) };
  return encodeWithin({ ...(event as WireEvent), coalesced }, EVENT_BYTES);
}

function rfc3339(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
