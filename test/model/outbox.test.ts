/**
 * The durable outbox against its model, through any history (test/support/outbox-histories.ts). OUTBOX_MODEL_RUNS sets how
 * many are tried.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryHistories } from '../support/outbox-histories.ts';
import { runs } from '../support/runs.ts';

const wanted = Number(process.env['OUTBOX_MODEL_RUNS'] ?? runs(60));

test('whatever happens to the process and to unsynced writes, the outbox is what its model says', async (t) => {
  const { histories, events, deaths } = await tryHistories(wanted);
  t.diagnostic(`${histories} histories, ${events} events, ${deaths} deaths`);
  assert.equal(histories, wanted);
  assert.ok(deaths >= wanted / 10, 'too few die for this to say anything');
});
