/** The annotation that silences: strict, with a word of why where it is refused, and in linear time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseSilenceAnnotation } from '../../../internal/pipeline/silence-annotation.ts';
import { runs } from '../../support/runs.ts';

const until = '2026-11-22T10:00:00Z';
const untilMs = Date.parse(until);
const plain = { untilMs, owner: 'jane', comment: '', reasons: undefined };

describe('the annotation watcher/silence', () => {
  const good: [text: string, said: object][] = [
    [`until=${until} owner=jane`, plain],
    [`  owner=jane\n until=${until}\t`, plain],
    [`until=2026-11-22T11:00:00.5+01:00 owner=jane`, { ...plain, untilMs: untilMs + 500 }],
    [`until=${until} owner=jane reason=OOMKilled`, { ...plain, reasons: ['OOMKilled'] }],
    [
      `until=${until} owner=jane reason=OutOfephemeral-storage,OutOfnvidia.com/gpu`,
      { ...plain, reasons: ['OutOfephemeral-storage', 'OutOfnvidia.com/gpu'] },
    ],
    [`until=${until} owner=jane reason="OOM*, Evicted"`, { ...plain, reasons: ['OOM*', 'Evicted'] }],
    [
      `until=${until} owner="team a" comment="new disks = slow"`,
      { ...plain, owner: 'team a', comment: 'new disks = slow' },
    ],
    [
      `until=${until} owner=jane@example.com comment=`.replace(' comment=', ''),
      { ...plain, owner: 'jane@example.com' },
    ],
  ];
  for (const [text, said] of good) {
    test(`says ${JSON.stringify(text)}`, () => assert.deepEqual(parseSilenceAnnotation(text), said));
  }

  const odd: [text: string, why: RegExp][] = [
    ['', /says no end/],
    ['owner=jane', /says no end/],
    [`until=${until}`, /says nobody/],
    [`until=${until} owner=""`, /says nobody/],
    [`until=tomorrow owner=jane`, /is no moment/],
    [`until=2026-11-22 owner=jane`, /is no moment/],
    [`until=2026-11-31T10:00:00Z owner=jane`, /is no moment/],
    [`until=2026-11-22T10:00:00 owner=jane`, /is no moment/],
    [`until=2026-11-22T25:00:00Z owner=jane`, /is no moment/],
    [`until=${until} owner=jane until=${until}`, /until= twice/],
    [`until=${until} owner=jane until`, /can't be read from " until" on/],
    [`until=${until} owner=jane reasons=OOMKilled`, /has reasons=, which is none of/],
    [`until=${until} owner=jane reason=OOM,,Evicted`, /reason= names/],
    [`until=${until} owner=jane reason="a b"`, /reason= names/],
    [`until=${until} owner=jane reason=${Array(21).fill('x').join(',')}`, /reason= names/],
    [`until=${until} owner=jane comment="no end`, /can't be read/],
    [`until=${until},owner=jane`, /is no moment|nobody/],
    [`until=${until} owner=jane comment="${'x'.repeat(257)}"`, /longer than 256/],
    ['yes', /can't be read/],
  ];
  for (const [text, why] of odd) {
    test(`is refused as ${JSON.stringify(text).slice(0, 70)}`, () => {
      const parsed = parseSilenceAnnotation(text);
      assert.match('problem' in parsed ? parsed.problem : 'taken', why);
    });
  }

  test('never throws, and reads again what it says', () => {
    const part = fc.constantFrom(
      'until=',
      until,
      ' ',
      'owner=',
      'jane',
      '"',
      '=',
      'reason=',
      '\n',
      'comment=',
      '\u0000',
      '💥',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const parsed = parseSilenceAnnotation(parts.join(''));
        if ('problem' in parsed) {
          assert.ok(parsed.problem.length < 400);
          return;
        }
        const { owner, comment, reasons } = parsed;
        const said = [`until=${new Date(parsed.untilMs).toISOString()}`, `owner="${owner}"`, `comment="${comment}"`];
        if (reasons !== undefined) said.push(`reason=${reasons.join(',')}`);
        assert.deepEqual(parseSilenceAnnotation(said.join(' ')), parsed);
      }),
      { numRuns: runs(5000) },
    );
  });

  test('takes no longer for hostile texts than for others of their length', () => {
    const began = process.hrtime.bigint();
    for (const text of ['a'.repeat(100_000), '"'.repeat(100_000), 'a="'.repeat(30_000), `a=${' '.repeat(100_000)}"`]) {
      parseSilenceAnnotation(text);
    }
    assert.ok(process.hrtime.bigint() - began < 2_000_000_000n);
  });
});
