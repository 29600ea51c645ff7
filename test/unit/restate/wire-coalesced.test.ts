/** What an event says of the failures that were counted on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_BYTES } from '../../../internal/platform/limits.ts';
import { withCoalesced } from '../../../internal/restate/wire-coalesced.ts';

const counts = { count: 41, firstAtMs: Date.UTC(2026, 0, 1), lastAtMs: Date.UTC(2026, 0, 2) };
const bytesOf = (event: object): Uint8Array => new TextEncoder().encode(JSON.stringify(event));
const eventOf = (bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;

const event = { event_id: 'e1', message: 'ä', labels: { a: 'b' }, covers: [], fingerprint: 'f1' };

test('the event stays as it is, with count, first and last', () => {
  assert.deepEqual(eventOf(withCoalesced(bytesOf(event), counts)), {
    ...event,
    coalesced: { count: 41, first_at: '2026-01-01T00:00:00.000Z', last_at: '2026-01-02T00:00:00.000Z' },
  });
});

test('an event that filled its bytes is trimmed, and keeps its id and its counts', () => {
  const full = bytesOf({ ...event, message: 'x'.repeat(EVENT_BYTES - 120) });
  const marked = withCoalesced(full, counts);
  assert.ok(marked.length <= EVENT_BYTES);
  const { event_id, coalesced, truncated } = eventOf(marked);
  assert.deepEqual([event_id, (coalesced as { count: number }).count, truncated], ['e1', 41, true]);
});

test('bytes that are no event, and times that are none, break nothing', () => {
  for (const text of ['', '{', '[]', 'null', '7']) {
    const bytes = new TextEncoder().encode(text);
    assert.deepEqual(withCoalesced(bytes, counts), bytes);
  }
  const odd = eventOf(withCoalesced(bytesOf(event), { count: 1, firstAtMs: NaN, lastAtMs: Infinity }));
  assert.ok('coalesced' in odd);
});
