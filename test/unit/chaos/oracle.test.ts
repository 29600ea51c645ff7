import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectedOf, failureKinds, type InjectedFailure } from '../../chaos/failure.ts';
import { isClean, judge, type HeldEvent } from '../../chaos/oracle.ts';
import { isKept, renderTable } from '../../chaos/table.ts';

const failures = failureKinds.map((_, serial): InjectedFailure => ({
  ...{ serial, namespace: 'chaos-0', pod: `pod-${serial}`, uid: `uid-${serial}`, acceptedAtMs: 1_750_000_000_000 },
}));
const expected = failures.map((failure) => expectedOf(failure, 'test'));
const held = expected.map(({ fields }): HeldEvent => ({ ...fields, observed_at: 'whenever' }));
const [first, second] = [expected[0]!, expected[1]!];

describe('the oracle of chaos runs', () => {
  test('finds nothing wrong where each failure is there once, as it was injected', () => {
    const verdict = judge(expected, held.toReversed());
    assert.equal(verdict.injected, failureKinds.length);
    assert.ok(isClean(verdict));
  });

  test('expects another id of each failure', () => {
    assert.equal(new Set(expected.map(({ eventId }) => eventId)).size, expected.length);
  });

  test('names what is lost', () => {
    const verdict = judge(expected, held.slice(1));
    assert.deepEqual(verdict.lost, [first.eventId]);
    assert.ok(!isClean(verdict));
  });

  test('names what is there twice', () => {
    const verdict = judge(expected, [...held, held[1]!]);
    assert.deepEqual(verdict.doubled, [second.eventId]);
    assert.ok(!isClean(verdict));
  });

  test('names what nobody injected', () => {
    const verdict = judge(expected, [...held, { event_id: 'nobody' }]);
    assert.deepEqual(verdict.unknown, ['nobody']);
    assert.ok(!isClean(verdict));
  });

  test('names each field that is not what was injected', () => {
    const [one, ...others] = held;
    const verdict = judge(expected, [{ ...one, message: 'x', labels: {} }, ...others]);
    assert.equal(verdict.altered.length, 2);
    assert.match(verdict.altered[0] ?? '', /message is "x", not "exit code 3 \(Error\): failure number 0"/);
    assert.ok(!isClean(verdict));
  });
});

describe('the table of chaos runs', () => {
  const scenario = { id: 'R-0', fault: 'none | at all' };
  const row = { faultsInjected: 2, failuresInjected: 7000, lost: 0, doubled: 0, unknown: 0, recoveriesMs: [900, 100] };

  test('shows median and worst of the recoveries, and escapes what would break it', () => {
    const [, , line] = renderTable([{ scenario, result: row }]).split('\n');
    const cells = (line ?? '').split(' | ').map((cell) => cell.trim());
    assert.deepEqual(cells, ['| R-0', 'none \\| at all', '2', '7,000', '0', '0', '0.10 s / 0.90 s', '|']);
  });

  test('says why a scenario did not run or did not end, and counts only the first as kept', () => {
    const skipped = { scenario, result: { skipped: 'no disk' } };
    const failed = { scenario, result: { failed: 'it fell over' } };
    assert.match(renderTable([skipped, failed]), /not run: no disk[^]*FAILED: it fell over/);
    assert.deepEqual([skipped, failed].map(isKept), [true, false]);
  });

  test('counts no row as kept in which something is lost, doubled, unknown or altered', () => {
    assert.ok(isKept({ scenario, result: row }));
    for (const wrong of ['lost', 'doubled', 'unknown', 'altered'] as const) {
      assert.ok(!isKept({ scenario, result: { ...row, [wrong]: 1 } }), wrong);
      assert.match(renderTable([{ scenario, result: { ...row, [wrong]: 1 } }]), /1/);
    }
  });
});
