/** What is counted of a silence: bounded, stored and read again as it was, and small enough for one event. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { summaryFinding } from '../../../internal/pipeline/silence-summary.ts';
import { decodeTally, encodeTally, tallied } from '../../../internal/pipeline/silence-tally.ts';
import type { SilenceRule } from '../../../internal/pipeline/silence.ts';
import type { SilenceTally } from '../../../internal/pipeline/silenced.ts';
import { EVENT_BYTES } from '../../../internal/platform/limits.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { aFinding } from '../../support/finding-builder.ts';

const rule: SilenceRule = { id: 'm1', source: 'remote', owner: 'jane', untilMs: 2_000, comment: 'disks', match: {} };
const context = { clusterId: 'c1', scope: '', nodeName: '', nowMs: 3_000 };
const wire = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };

function tallyOf(rules: readonly SilenceRule[], name = (at: number) => `pod-${at}`, reason = name): SilenceTally {
  let tally: SilenceTally | undefined;
  for (const [at, one] of rules.entries()) {
    tally = tallied(tally, one, aFinding({ reason: reason(at), observedAtMs: 1_000 + at, pod: { name: name(at) } }));
  }
  assert.ok(tally !== undefined);
  return tally;
}

describe('the tally of a silence', () => {
  test('counts all, by the first dozen reasons, and names the first eight pods', () => {
    const tally = tallyOf(Array<SilenceRule>(30).fill(rule));
    assert.deepEqual([tally.failures, tally.reasons.size, tally.pods.length], [30, 13, 8]);
    assert.equal(tally.reasons.get('(others)'), 18);
    assert.deepEqual([tally.firstAtMs, tally.lastAtMs], [1_000, 1_029]);
  });

  test('takes the end that remote settings say last, and of annotations the latest', () => {
    const ends = [2_000, 5_000, 3_000];
    assert.equal(tallyOf(ends.map((untilMs) => ({ ...rule, untilMs }))).untilMs, 3_000);
    assert.equal(tallyOf(ends.map((untilMs) => ({ ...rule, source: 'pod', untilMs }))).untilMs, 5_000);
  });

  test('is read again as it was stored, and anything else is not', () => {
    const tally = tallyOf([rule, rule]);
    assert.deepEqual(decodeTally(encodeTally(tally)), tally);
    const text = encodeTally(tally);
    for (const odd of [
      '',
      'null',
      '[]',
      '{}',
      text.slice(1),
      text.replace('remote', 'moon'),
      text.replace('1000', '"x"'),
    ]) {
      assert.equal(decodeTally(odd), undefined, odd);
    }
    fc.assert(fc.property(fc.json(), (json) => void decodeTally(json)));
  });

  test('fits into one event, however long its names are, and says what it holds', () => {
    const id = 'i'.repeat(128);
    const long: SilenceRule = { ...rule, id, owner: 'o'.repeat(128), comment: 'c'.repeat(256) };
    const name = (at: number): string => `${at}`.padStart(253, 'p');
    const tally = tallyOf(Array<SilenceRule>(20).fill(long), name, (at) => `${at}`.padStart(128, 'r'));
    const bytes = encodeFinding(summaryFinding({ ...tally, ended: 'expired' }, context), wire);
    assert.ok(bytes.length <= EVENT_BYTES, `${bytes.length} bytes`);
    const event = JSON.parse(new TextDecoder().decode(bytes)) as WireEvent;
    assert.deepEqual(
      [event.truncated, event.silenced?.sample_pods.length, event.silenced?.failures],
      [undefined, 8, 20],
    );
    assert.deepEqual(wireEventSchema.parse(event).silenced, event.silenced);
  });

  test('lets no secret leave with what somebody wrote', () => {
    const tally = tallyOf([{ ...rule, comment: 'password=hunter2hunter2', owner: 'https://jane:hunter2hunter2@x' }]);
    const bytes = encodeFinding(summaryFinding({ ...tally, ended: 'withdrawn' }, context), wire);
    assert.doesNotMatch(new TextDecoder().decode(bytes), /hunter2/);
  });
});
