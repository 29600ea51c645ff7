/**
 * The body of a batch, made of the final bytes of its events: one event goes to onPodEvent as it is, more go to
 * onPodEvents as a JSON array. Made of the same events in the same order, a body is the same bytes at each attempt; that
 * is why the outbox stores events and their order, and not bodies.
 */
import type { PlaneHandler } from './delivery.ts';

const OPEN = 0x5b;
const COMMA = 0x2c;
const CLOSE = 0x5d;

export interface BatchBody {
  readonly handler: PlaneHandler;
  readonly body: Uint8Array;
  /** For each event its bytes, as a view on the body: nothing is copied twice. */
  readonly slices: readonly Uint8Array[];
}

/** The size in Bytes of the body of `events` events that have `bytes` Bytes together. */
export function bodySize(events: number, bytes: number): number {
  return events <= 1 ? bytes : bytes + events + 1;
}

/** Puts the body together. `parts` holds one JSON object each, at least one. */
export function assembleBody(parts: readonly Uint8Array[]): BatchBody {
  const isArray = parts.length > 1;
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const body = new Uint8Array(bodySize(parts.length, total));
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    if (isArray) body[at++] = slices.length === 0 ? OPEN : COMMA;
    body.set(part, at);
    slices.push(body.subarray(at, at + part.length));
    at += part.length;
  }
  if (isArray) body[at] = CLOSE;
  return { handler: isArray ? 'onPodEvents' : 'onPodEvent', body, slices };
}
