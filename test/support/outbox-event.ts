/**
 * Events for outbox tests: small JSON objects that tell their own id, so that a wrong payload is seen at once.
 */
import type { Outbox, OutboxEvent, FrozenBatch } from '../../internal/pipeline/outbox.ts';

/** Event `id` of pod `pod`; `padBytes` makes it larger. */
export function outboxEvent(id: string, pod = `pod-of-${id}`, padBytes = 0): OutboxEvent {
  return {
    eventId: id,
    podUid: pod,
    namespace: 'shop',
    pod,
    phase: 'Running',
    fingerprint: 'fp-1',
    bytes: payloadOf(id, padBytes),
    observedAtMs: 1_700_000_000_000 + (Number.parseInt(id.replaceAll(/\D/g, ''), 10) || 0),
  };
}

export function payloadOf(id: string, padBytes = 0): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ event_id: id, message: 'x'.repeat(padBytes) }));
}

/** The event ids that the body itself tells, in its order. */
export function idsInBody(body: Uint8Array): string[] {
  const parsed = JSON.parse(new TextDecoder().decode(body)) as { event_id: string } | { event_id: string }[];
  return (Array.isArray(parsed) ? parsed : [parsed]).map((event) => event.event_id);
}

export const anything = { events: 1000, bytes: 1024 * 1024 };

/** Freezes, or fails where nothing is due. */
export async function freezeSome(outbox: Outbox, limits = anything): Promise<FrozenBatch> {
  const batch = await outbox.freeze(limits);
  if (batch === undefined) throw new Error('nothing was due');
  return batch;
}

/** Freezes and acknowledges until nothing is due; the ids in the order they came. */
export async function drainAll(outbox: Outbox, limits = anything): Promise<string[]> {
  const ids: string[] = [];
  for (let batch = await outbox.freeze(limits); batch !== undefined; batch = await outbox.freeze(limits)) {
    ids.push(...idsInBody(batch.body));
    await outbox.acknowledge(batch.batchId);
  }
  return ids;
}
