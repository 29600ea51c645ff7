/**
 * The durable outbox against its model, through any history (test/support/outbox-histories.ts). OUTBOX_MODEL_RUNS sets how
 * many are tried.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryHistories } from '../support/outbox-histories.ts';

const runs = Number(process.env['OUTBOX_MODEL_RUNS'] ?? 60);

test('whatever happens to the process and to unsynced writes, the outbox is what its model says', async (t) => {
  const { histories, events, deaths } = await tryHistories(runs);
  t.diagnostic(`${histories} histories, ${events} events, ${deaths} deaths`);
  assert.equal(histories, runs);
  assert.ok(deaths >= runs / 10, 'too few die for this to say anything');
});
