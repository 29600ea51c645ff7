/** Which failures are traced, and that what is known of them is bounded. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FailureRecords, isTraced, type DeliveryRecord } from '../../../internal/telemetry/failure-records.ts';
import { aFinding } from '../../support/finding-builder.ts';

const idOf = (number: number): string => number.toString(16).padStart(32, '0');
const delivery = (batchId: string): DeliveryRecord => ({
  ...{ batchId, events: 1, startMs: 1, endMs: 2 },
  outcome: { kind: 'accepted', reason: 'executed', status: 200 },
});

describe('whether a failure is traced', () => {
  test('is said by its event id alone, in about the share that is asked for', () => {
    const ids = Array.from({ length: 4000 }, (_, index) => idOf((index * 2_654_435_761) % 2 ** 32));
    const traced = ids.filter((id) => isTraced(id, 10)).length;
    assert.ok(traced > 300 && traced < 500, `${traced} of ${ids.length}`);
    assert.equal(
      ids.filter((id) => isTraced(id, 100) && id !== idOf(0)).length,
      ids.filter((id) => id !== idOf(0)).length,
    );
    assert.equal(ids.filter((id) => isTraced(id, 0)).length, 0);
  });

  test('is no for what can be no trace id', () => {
    for (const id of ['', idOf(0), 'e'.repeat(64), 'E'.repeat(32), `${'e'.repeat(31)}\n`]) {
      assert.equal(isTraced(id, 100), false, JSON.stringify(id));
    }
  });
});

describe('the records of failures', () => {
  test('keep when it was decided and stored, and each delivery, until it is taken', () => {
    const records = new FailureRecords(100);
    const finding = aFinding({ eventId: idOf(1) });
    records.appending(finding, 10);
    records.appending(finding, 11);
    records.stored([finding], 20);
    records.delivered({ eventIds: [idOf(1), idOf(2)] }, delivery('a'));
    const record = records.take({ eventId: idOf(1) });
    assert.deepEqual([record?.seen?.decidedAtMs, record?.storedAtMs], [10, 20]);
    assert.deepEqual(record?.deliveries, [delivery('a')]);
    assert.equal(records.take({ eventId: idOf(2) })?.seen, undefined, 'stored by an earlier process');
    assert.equal(records.size, 0);
  });

  test('know nothing of what is not told by itself, and nothing is made of it by storing it', () => {
    const records = new FailureRecords(100);
    const finding = aFinding({ eventId: idOf(1) });
    records.appending(finding, 10);
    records.forget(idOf(1));
    records.stored([finding], 20);
    assert.equal(records.size, 0);
  });

  test('are so many at most, and the oldest goes', () => {
    const records = new FailureRecords(100, { failures: 3, deliveries: 2 });
    for (let index = 1; index <= 10; index++) records.appending(aFinding({ eventId: idOf(index) }), index);
    assert.equal(records.size, 3);
    assert.equal(records.take({ eventId: idOf(1) })?.seen, undefined);
    assert.equal(records.take({ eventId: idOf(10) })?.seen?.decidedAtMs, 10);
  });

  test('keep the first deliveries and the last of one that is sent again for days', () => {
    const records = new FailureRecords(100, { failures: 3, deliveries: 3 });
    for (const name of 'abcdefg') records.delivered({ eventIds: [idOf(1)] }, delivery(name));
    const record = records.take({ eventId: idOf(1) });
    assert.deepEqual(
      record?.deliveries.map(({ batchId }) => batchId),
      ['a', 'b', 'g'],
    );
    assert.equal(record.deliveriesLeftOut, 4);
  });

  test('are of traced failures alone', () => {
    const records = new FailureRecords(0);
    records.appending(aFinding({ eventId: idOf(1) }), 1);
    records.delivered({ eventIds: [idOf(1)] }, delivery('a'));
    assert.equal(records.take({ eventId: idOf(1) }), undefined);
    assert.equal(records.size, 0);
  });
});
