/** Rows by fingerprint: what is kept and counted, that their size is bounded, and that they survive being stored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COALESCED_SPACE, Coalescer, deletions } from '../../../internal/pipeline/coalesce.ts';
import { outboxEvent } from '../../support/outbox-event.ts';

const event = (id: string, fingerprint = 'f1', padBytes = 0) => ({ ...outboxEvent(id, id, padBytes), fingerprint });

function stored(coalescer: Coalescer): Map<string, string> {
  return new Map(coalescer.takeWrites().map(({ key, value }) => [key, value ?? '']));
}

test('the first of a fingerprint is kept, the others are counted with the times of first and last', () => {
  const coalescer = new Coalescer(10_000);
  const results = ['e5', 'e3', 'e9'].map((id) => coalescer.offer(event(id), id, undefined));
  assert.deepEqual(results, ['kept', 'counted', 'counted']);
  const [row] = coalescer.oldest(10);
  assert.equal(row?.event.eventId, 'e5');
  const { count, firstAtMs, lastAtMs } = row;
  assert.deepEqual([count, firstAtMs % 100, lastAtMs % 100], [2, 3, 9]);
});

test('the very one that is kept is not counted on itself', () => {
  const coalescer = new Coalescer(10_000);
  coalescer.offer(event('e1'), 's', undefined);
  assert.equal(coalescer.offer(event('e1'), 's', undefined), 'already-kept');
  assert.ok(coalescer.holds(event('e1')) && !coalescer.holds(event('e2')));
  assert.equal(coalescer.counted, 0);
});

test('rows take no more bytes than they may; counting goes on', () => {
  const coalescer = new Coalescer(1_000);
  assert.equal(coalescer.offer(event('e1', 'f1', 600), 's', undefined), 'kept');
  assert.equal(coalescer.offer(event('e2', 'f2', 600), 's', undefined), 'no-room');
  assert.equal(coalescer.offer(event('e3', 'f1', 600), 's', undefined), 'counted');
  coalescer.released(coalescer.oldest(1));
  assert.equal(coalescer.offer(event('e2', 'f2', 600), 's', undefined), 'kept');
});

test('what was stored is the same when it is read, and only what changed is stored', () => {
  const coalescer = new Coalescer(10_000);
  for (const id of ['e1', 'e2', 'e3']) coalescer.offer(event(id), id, undefined);
  coalescer.offer(event('e4', 'f2'), 'e4', undefined);
  const rows = stored(coalescer);
  assert.deepEqual([...rows.keys()], ['f1', 'f2']);
  assert.equal(coalescer.hasChanges, false);
  const again = new Coalescer(10_000);
  assert.deepEqual(again.load(rows), { skipped: 0 });
  assert.deepEqual(again.oldest(10), coalescer.oldest(10));
  assert.deepEqual([again.counted, again.fingerprints, again.hasChanges], [2, 2, false]);
  coalescer.offer(event('e5', 'f2'), 'e5', undefined);
  const writes = coalescer.takeWrites();
  assert.deepEqual(
    writes.map(({ key }) => key),
    ['f2'],
  );
  coalescer.untake(writes);
  assert.equal(coalescer.hasChanges, true);
});

test('rows that cannot be read are skipped and counted', () => {
  const coalescer = new Coalescer(10_000);
  const broken = ['', '{', 'null', '[]', '{"event":{}}', '{"event":{"eventId":1},"count":1}', '"text"'];
  const rows = new Map(broken.map((text, at) => [`f${at}`, text]));
  assert.deepEqual(coalescer.load(rows), { skipped: broken.length });
  assert.equal(coalescer.fingerprints, 0);
});

test('what was remembered before the first that was counted holds again, once', () => {
  const coalescer = new Coalescer(10_000);
  const [one, two] = [new Map(), new Map()];
  coalescer.offer(event('e1'), 'kept', one);
  coalescer.offer(event('e2'), 'counted', one);
  coalescer.offer(event('e3'), 'counted', two);
  assert.ok(coalescer.isAhead('counted') && !coalescer.isAhead('kept'));
  assert.deepEqual([...coalescer.takeBefore()], [['counted', one]]);
  assert.equal(coalescer.takeBefore().size, 0);
});

test('a row that became an event is deleted from the state', () => {
  const coalescer = new Coalescer(10_000);
  coalescer.offer(event('e1'), 's', undefined);
  const rows = coalescer.oldest(1);
  assert.deepEqual(deletions(rows), [{ space: COALESCED_SPACE, key: 'f1', value: undefined }]);
  coalescer.released(rows);
  assert.deepEqual([coalescer.fingerprints, coalescer.hasChanges], [0, false]);
});
