// A halved event on disk: a crash at any moment finds the whole or both halves, never one of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainAll, freezeSome, outboxEvent, payloadOf } from '../../support/outbox-event.ts';
import { appendAll } from '../../support/outbox-implementations.ts';
import { copyOf, openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';

const [left, right] = [
  { eventId: 'left', bytes: payloadOf('left', 2000) },
  { eventId: 'right', bytes: payloadOf('right', 2000) },
] as const;

test('a crash before an event is halved finds it whole, one after it both halves, under the keys they had', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append([outboxEvent('whole', 'a', 4000)], []);
  const { batchId } = await freezeSome(outbox);
  await appendAll(outbox, 'e2');
  const before = await copyOf(t, dir);
  const [first] = await outbox.halve(batchId, [left, right]);
  const after = await copyOf(t, dir);
  const { idempotencyKey } = await freezeSome(outbox);

  const whole = await openDurable(t, before);
  assert.deepEqual(await drainAll(whole.outbox), ['whole', 'e2']);
  const halves = await openDurable(t, after);
  assert.deepEqual([halves.outbox.stats().events, halves.outbox.stats().batches], [3, 2]);
  const again = await freezeSome(halves.outbox);
  assert.deepEqual([again.batchId, again.idempotencyKey, again.attempts], [first, idempotencyKey, 1]);
  await halves.outbox.acknowledge(again.batchId);
  assert.deepEqual(await drainAll(halves.outbox), ['right', 'e2']);
  assert.deepEqual([...whole.notices, ...halves.notices], []);
});
