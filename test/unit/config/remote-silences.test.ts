/** Silences of remote settings: taken one by one; what can't be meant is left out, with a word of why. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readRemoteSettings } from '../../../internal/config/remote.ts';
import { readSilences, type RemoteSilence } from '../../../internal/config/remote-silences.ts';
import { LabelSelector } from '../../../internal/platform/label-selector.ts';
import { runs } from '../../support/runs.ts';

const until = '2026-11-22T10:00:00Z';
const good = { id: 'm1', owner: 'jane', until, comment: 'new disks', match: { namespaces: ['shop'] } };

function only(raw: unknown): RemoteSilence | string {
  const { silences, refused } = readSilences([raw]);
  assert.equal(silences.length + refused.length, 1);
  return silences[0] ?? refused[0] ?? '';
}

describe('silences of remote settings', () => {
  test('are taken with all they match', () => {
    const match = { namespaces: ['*'], selector: 'app=web,!canary', workloads: ['Deployment/*'], reasons: ['OOM*'] };
    const silence = only({ ...good, match, until: '2026-11-22T11:00:00+01:00' });
    assert.ok(typeof silence === 'object');
    assert.ok(silence.match.selector instanceof LabelSelector);
    assert.deepEqual(JSON.parse(JSON.stringify(silence)), {
      ...{ id: 'm1', source: 'remote', owner: 'jane', untilMs: Date.parse(until), comment: 'new disks', match },
    });
  });

  const odd: [change: object, why: RegExp][] = [
    [{ id: '' }, /^number 1: has no id/],
    [{ id: 7 }, /^number 1: has no id/],
    [{ id: 'a\nb' }, /^number 1: has no id/],
    [{ owner: undefined }, /^m1: has no owner/],
    [{ owner: ' ' }, /^m1: has no owner/],
    [{ owner: 'x'.repeat(129) }, /^m1: has no owner/],
    [{ until: undefined }, /^m1: has no end/],
    [{ until: 1_800_000_000 }, /^m1: has no end/],
    [{ until: 'tomorrow' }, /^m1: has no end/],
    [{ until: '2026-11-22' }, /^m1: has no end/],
    [{ until: '2026-02-30T00:00:00Z' }, /^m1: has no end/],
    [{ comment: 'x'.repeat(257) }, /^m1: has a comment/],
    [{ untill: until }, /^m1: has untill, which/],
    [{ match: undefined }, /^m1: has no match/],
    [{ match: {} }, /^m1: has an empty match/],
    [{ match: { namespaces: [] } }, /^m1: has namespaces that/],
    [{ match: { namespaces: 'shop' } }, /^m1: has namespaces that/],
    [{ match: { namespaces: ['**'] } }, /^m1: has namespaces that/],
    [{ match: { workloads: ['*'] } }, /^m1: has workloads that/],
    [{ match: { reasons: Array<string>(21).fill('x') } }, /^m1: has reasons that/],
    [{ match: { selector: 'app in (a' } }, /^m1: has a selector that has a part/],
    [{ match: { selector: 7 } }, /^m1: has a selector that is no text/],
    [{ match: { pods: ['x'] } }, /^m1: has pods in its match/],
  ];
  for (const [change, why] of odd) {
    test(`are refused one by one: ${JSON.stringify(change).slice(0, 50)}`, () => {
      const { silences, refused } = readSilences([
        { ...good, ...change },
        { ...good, id: 'm2' },
      ]);
      assert.deepEqual([silences.map(({ id }) => id), refused.length], [['m2'], 1]);
      assert.match(refused[0] ?? '', why);
    });
  }

  test('of one id count once, and only so many of them', () => {
    assert.deepEqual(readSilences([good, good]).refused, ['m1: is there twice']);
    const many = Array.from({ length: 502 }, (_none, at) => ({ ...good, id: `m${at}` }));
    const { silences, refused } = readSilences(many);
    assert.deepEqual([silences.length, refused], [500, ['m500', 'm501'].map((id) => `${id}: is one of more than 500`)]);
  });

  test('are taken from an answer with a note on each that is left out', () => {
    const read = (raw: unknown) => readRemoteSettings({ silences: raw }, { reasons: [], eventTypes: [] });
    const { settings, unusable, notes } = read([good, { ...good, id: 'm2', until: 'never' }]);
    assert.deepEqual([settings.silences?.length, unusable], [1, []]);
    assert.equal(notes[0]?.reason, 'invalid-silence');
    assert.match(notes[0].names[0] ?? '', /^m2: has no end: until must be a moment such as /);
    assert.deepEqual(read([]).settings, {});
    assert.deepEqual(read({}).notes, [{ reason: 'wrong-type', names: ["'silences'"], count: 1 }]);
  });

  test('never throw, whatever is sent', () => {
    const key = fc.constantFrom(...Object.keys(good), 'x');
    const silence = fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(good))));
    fc.assert(
      fc.property(fc.array(fc.oneof(silence, fc.jsonValue())), (raw) => {
        const { silences, refused } = readSilences(raw);
        assert.equal(silences.length + refused.length, raw.length);
      }),
      { numRuns: runs(2000) },
    );
  });
});
