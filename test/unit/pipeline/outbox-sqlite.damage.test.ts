/**
 * A disk that gives back other bytes than it was given: never a wrong payload, a start in time, healthy rows delivered,
 * lost ones counted. A sample of all places here; every byte with OUTBOX_DAMAGE=every.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { LOST_MARK } from '../../../internal/pipeline/outbox.ts';
import { countedLosses, filledOutbox, whatRemainsOf } from '../../support/damaged-outbox.ts';
import { damageKinds, tryDamages } from '../../support/outbox-damages.ts';
import { openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';
import { freezeSome, outboxEvent } from '../../support/outbox-event.ts';

const extent = process.env['OUTBOX_DAMAGE'] === 'every' ? 'every' : 'sample';

for (const kind of damageKinds) {
  test(kind.promise, async (t) => {
    const { tried, slowestStartMs } = await tryDamages([kind], { extent });
    t.diagnostic(`${tried} damages, slowest start ${slowestStartMs.toFixed(0)} ms`);
    assert.ok(tried > 0);
  });
}

test('what is no outbox at all is set aside, kept, and a new one begun', async () => {
  const filled = await filledOutbox();
  const db = Buffer.from('not a database, but somebody may want it'.repeat(400));
  const remains = await whatRemainsOf({ ...filled.image, db }, filled.payloads);
  assert.equal(remains.delivered.length, 0);
  assert.ok(remains.notices.some((notice) => notice.kind === 'file-set-aside'));
  assert.equal(countedLosses(remains.notices), filled.payloads.size, 'by the mark: all that were ever appended');
  assert.equal(remains.files.filter((file) => file.includes('.corrupt-') && !file.endsWith('-wal')).length, 1);
});

test('without its mark, or with a wrong one, the outbox opens and everything is there', async () => {
  const filled = await filledOutbox();
  for (const mark of [
    Buffer.alloc(0),
    Buffer.from('1 5 00000000'),
    Buffer.from('\0\xff'),
    Buffer.alloc(100_000, 0x20),
  ]) {
    const remains = await whatRemainsOf({ ...filled.image, mark }, filled.payloads);
    assert.deepEqual([remains.delivered.length, remains.notices], [filled.pending.length, []]);
  }
});

test('state that does not check has no value, so that its reader can count it', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  const state = ['a', 'b'].map((key) => ({ space: 'digest', key, value: `{"eventId":"${key}"}` }));
  await outbox.append([], state);
  await outbox.close();
  const db = new DatabaseSync(join(dir, 'outbox.db'));
  db.exec(`UPDATE state SET value = value || ' ' WHERE key = 'a'`);
  db.close();
  const { outbox: after } = await openDurable(t, dir);
  assert.deepEqual(Object.fromEntries(await after.loadState('digest')), { a: '', b: '{"eventId":"b"}' });
  await after.close();
});

test('a row that shows as damaged when a batch is made is a notice, a call back, and a mark that stays', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append([outboxEvent('a'), outboxEvent('b')], []);
  await outbox.close();
  const db = new DatabaseSync(join(dir, 'outbox.db'));
  db.exec(`UPDATE event SET body = x'00' WHERE id = 'b'`);
  db.close();
  const { outbox: damaged, notices } = await openDurable(t, dir);
  let calls = 0;
  damaged.onLost(() => (calls += 1));
  assert.deepEqual([notices, (await damaged.loadState(LOST_MARK.space)).size], [[], 0], 'not looked at yet');
  assert.deepEqual((await freezeSome(damaged)).eventIds, ['a']);
  assert.deepEqual([notices, calls], [[{ kind: 'rows-damaged', rows: 1 }], 1]);
  await damaged.close();
  const { outbox: after } = await openDurable(t, dir);
  assert.deepEqual([...(await after.loadState(LOST_MARK.space)).keys()], [LOST_MARK.key]);
  await after.close();
});

test('what is missing when the outbox is opened is marked', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append([outboxEvent('a'), outboxEvent('b')], []);
  await outbox.close();
  const db = new DatabaseSync(join(dir, 'outbox.db'));
  db.exec(`DELETE FROM event WHERE id = 'b'`);
  db.close();
  const { outbox: after, notices } = await openDurable(t, dir);
  assert.deepEqual(notices, [{ kind: 'records-missing', records: 1 }]);
  assert.deepEqual([...(await after.loadState(LOST_MARK.space)).keys()], [LOST_MARK.key]);
  await after.close();
});
