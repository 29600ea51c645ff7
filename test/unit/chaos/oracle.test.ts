import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolvedId } from '../../../internal/pipeline/identity.ts';
import { expectedOf, failureKinds, type InjectedFailure } from '../../chaos/failure.ts';
import { isClean, judge, type HeldEvent } from '../../chaos/oracle.ts';
import { recordInto } from '../../chaos/record.ts';
import { isKept, renderTable, type Outcome } from '../../chaos/table.ts';

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

  test('lets pass what tells that an injected failure is over, once and under the id that follows from it', () => {
    const resolved = { event_id: resolvedId(first.eventId), type: 'resolved', closes: [first.eventId] };
    assert.ok(isClean(judge(expected, [...held, resolved])));
    assert.ok(!isClean(judge(expected, [...held, resolved, resolved])));
    assert.ok(!isClean(judge(expected, [...held, { ...resolved, event_id: 'another' }])));
    assert.ok(!isClean(judge(expected, [...held, { ...resolved, closes: [first.eventId, 'nobody'] }])));
    assert.ok(!isClean(judge(expected, [...held, { ...resolved, closes: [] }])));
  });

  describe('of digests', () => {
    const covered = expected.map(({ eventId, fields }) => ({
      ...{ event_id: eventId, name: fields.name, reason: fields.reason, observed_at: 'whenever' },
    }));
    const digest = { event_id: 'of-them', type: 'digest', namespace: 'chaos-0', reason: 'Error', digest: { covered } };

    test('counts each failure in them as told', () => {
      assert.ok(isClean(judge(expected, [digest])));
      const rest = { ...digest, digest: { covered: covered.slice(1) } };
      assert.deepEqual(judge(expected, [rest]).lost, [first.eventId]);
      assert.ok(isClean(judge(expected, [rest, held[0]!])));
    });

    test('names what is told by itself and in one, or in two, and what nobody injected', () => {
      assert.deepEqual(judge(expected, [digest, held[1]!]).doubled, [second.eventId]);
      assert.equal(judge(expected, [digest, { ...digest, event_id: 'other' }]).doubled.length, expected.length);
      const more = { ...digest, digest: { covered: [...covered, { event_id: 'nobody' }] } };
      assert.deepEqual(judge(expected, [more]).unknown, ['nobody']);
    });

    test('compares the fields that they carry', () => {
      const { reason: _, ...shared } = covered[0]!;
      const ofOne = (change: object): HeldEvent => ({ ...digest, digest: { covered: [{ ...shared, ...change }] } });
      assert.deepEqual(judge(expected.slice(0, 1), [ofOne({})]).altered, []);
      assert.equal(judge(expected.slice(0, 1), [ofOne({ name: 'x', reason: 'y' })]).altered.length, 2);
      assert.equal(judge(expected.slice(0, 1), [{ ...ofOne({}), namespace: 'z' }]).altered.length, 1);
    });
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

describe('the record of chaos runs', () => {
  const row = { faultsInjected: 2, failuresInjected: 7, lost: 0, doubled: 0, unknown: 0, recoveriesMs: [] };
  const outcome = (id: string, note: string): Outcome => ({
    scenario: { id, fault: 'a | b' },
    result: { ...row, note },
  });
  const scenarios = [{ id: 'R-1' }, { id: 'R-2' }, { id: 'R-3' }];
  const document = 'before\n<!-- recorded by make chaos -->\n<!-- end of the record -->\nafter\n';
  const first = { date: '2026-01-01', commit: 'abc' };
  const later = { date: '2026-02-02', commit: 'def' };

  test('replaces the rows of what was run, keeps the others, and leaves the rest of the document alone', () => {
    const once = recordInto(document, [outcome('R-3', 'old'), outcome('R-1', 'old')], first, scenarios);
    const twice = recordInto(once, [outcome('R-3', 'new'), outcome('R-2', 'new')], later, scenarios);
    const cells = twice.split('\n').filter((line) => line.startsWith('| R-'));
    assert.deepEqual(
      cells
        .map((line) =>
          line
            .slice(2, -2)
            .split(' | ')
            .map((cell) => cell.trim()),
        )
        .map((line) => [line[0], line[1], ...line.slice(-3)]),
      [
        ['R-1', 'a \\| b', 'old', '2026-01-01', 'abc'],
        ['R-2', 'a \\| b', 'new', '2026-02-02', 'def'],
        ['R-3', 'a \\| b', 'new', '2026-02-02', 'def'],
      ],
    );
    assert.match(twice, /^before\n[^]*\nafter\n$/);
  });

  test('forgets rows of scenarios there are no more, and refuses a document without a place for it', () => {
    const once = recordInto(document, [outcome('R-0', ''), outcome('R-1', '')], first, [{ id: 'R-0' }, ...scenarios]);
    assert.doesNotMatch(recordInto(once, [], later, scenarios), /R-0/);
    assert.throws(() => recordInto('nothing here', [], first, scenarios), /no part/);
  });
});
