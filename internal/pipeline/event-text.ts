/**
 * An event as text, for rows of the outbox's state that hold one. The row's own checksum is the store's; reading only
 * sees to it that what an older or newer release wrote has its shape.
 */
import type { OutboxEvent } from './outbox.ts';

const TEXTS = ['eventId', 'podUid', 'namespace', 'pod', 'phase', 'fingerprint', 'bytes'] as const;

/** The event as a value for JSON.stringify. */
export function eventAsJson(event: OutboxEvent): object {
  return { ...event, bytes: new TextDecoder().decode(event.bytes) };
}

/** The event that `eventAsJson` made this of; undefined for anything else. */
export function eventFromJson(json: unknown): OutboxEvent | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...json };
  const isWhole = TEXTS.every((name) => typeof fields[name] === 'string') && Number.isFinite(fields['observedAtMs']);
  if (!isWhole) return undefined;
  return { ...(json as OutboxEvent), bytes: new TextEncoder().encode(String(fields['bytes'])) };
}
