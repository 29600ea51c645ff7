/**
 * The idempotency key of a delivery: SHA-256 over handler, generation and the exact bytes of the body.
 *
 * Restate answers a key it knows with the old result, whatever the new body is (measured on 1.7.12). So a key made of
 * counters would, after two replicas or a re-created outbox counted alike, lose batches in silence. A key made of the
 * content can't: same key, same content. The generation is there because an invocation's error is remembered under its
 * key too: to ask again, the same bytes need another key.
 */
import { createHash } from 'node:crypto';
import type { PlaneHandler } from './delivery.ts';

/** The key, 64 lower-case hexadecimal digits. Never empty: to Restate, an empty key is a key like any other. */
export function idempotencyKey(handler: PlaneHandler, generation: number, body: Uint8Array): string {
  return createHash('sha256').update(`${handler}\n${generation}\n`).update(body).digest('hex');
}
