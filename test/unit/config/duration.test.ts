// Durations are read as Go programs read them, and never guessed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { duration, formatDuration, parseDuration } from '../../../internal/config/duration.ts';

function msOf(text: string): number | string {
  const parsed = parseDuration(text);
  return parsed.kind === 'value' ? parsed.value : `${parsed.problem}; ${parsed.remedy}`;
}

describe('durations', () => {
  const read: [text: string, ms: number][] = [
    ['5s', 5_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['2h', 7_200_000],
    ['0s', 0],
    ['1.5h', 5_400_000],
    ['0.25s', 250],
    ['1h0m1s', 3_601_000],
    ['30s1m', 90_000],
    ['2000us', 2],
    ['2000µs', 2],
    ['3000000ns', 3],
  ];
  for (const [text, ms] of read) test(`${text} is ${ms} ms`, () => assert.equal(msOf(text), ms));

  const refused: [text: string, saying: RegExp][] = [
    ['300', /'300' has no unit; write 300s for seconds or 300ms for milliseconds/],
    ['0', /has no unit/],
    ['1.5', /has no unit; write 1.5s/],
    ['-5', /has no unit; write 5s/],
    ['-5s', /is negative/],
    ['', /is not a duration/],
    ['5', /has no unit/],
    ['5 s', /is not a duration/],
    ['s', /is not a duration/],
    ['5S', /is not a duration/],
    ['.5s', /is not a duration/],
    ['5s!', /is not a duration/],
    ['1e3s', /is not a duration/],
    ['Infinity', /is not a duration/],
    ['7d', /days are written in hours/],
    ['100us', /finer than a millisecond/],
    ['999999999999999h', /too long/],
    ['1s'.repeat(100), /is not a duration/],
    ['9'.repeat(100_000), /has no unit/],
  ];
  for (const [text, saying] of refused) {
    test(`${JSON.stringify(text.slice(0, 20))} is refused with the reason`, () =>
      assert.match(String(msOf(text)), saying));
  }

  test('what is written out is read back as the same', () => {
    fc.assert(fc.property(fc.nat({ max: 10 ** 12 }), (ms) => msOf(formatDuration(ms)) === ms));
  });

  test('any text is read or refused, never thrown on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9.]{0,8}(ns|us|ms|s|m|h|d)?$/)), (text) => {
        const ms = msOf(text);
        return typeof ms === 'string' || (Number.isSafeInteger(ms) && ms >= 0);
      }),
    );
  });

  test('bounds are named as durations', () => {
    const parsed = duration({ min: 1000, max: 86_400_000 }).parse('500ms');
    assert.deepEqual(parsed, { kind: 'problem', problem: '500ms is out of range', remedy: 'choose from 1s to 24h' });
  });
});
