/** Moments as RFC 3339 writes them, and nothing else that Date would take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRfc3339 } from '../../../internal/platform/rfc3339.ts';

test('a moment is read to the millisecond, with its offset', () => {
  assert.equal(parseRfc3339('1970-01-01T00:00:00Z'), 0);
  assert.equal(parseRfc3339('2026-11-22T11:30:00.250+01:30'), Date.UTC(2026, 10, 22, 10, 0, 0, 250));
  assert.equal(parseRfc3339('2028-02-29T23:59:59-00:00'), Date.UTC(2028, 1, 29, 23, 59, 59));
});

for (const odd of [
  ...['', 'tomorrow', '2026', '2026-11-22', '2026-11-22T10:00Z', '2026-11-22T10:00:00', '2026-11-22 10:00:00Z'],
  ...['2026-02-29T10:00:00Z', '2026-04-31T10:00:00Z', '2026-13-01T10:00:00Z', '2026-00-01T10:00:00Z'],
  ...['2026-11-22T24:00:00Z', '2026-11-22T10:60:00Z', '2026-11-22T10:00:60Z', '2026-11-22T10:00:00+25:00'],
  ...['+12026-11-22T10:00:00Z', '2026-11-22T10:00:00.Z', ' 2026-11-22T10:00:00Z', '2026-11-22t10:00:00z'],
]) {
  test(`${JSON.stringify(odd)} is no moment`, () => assert.equal(parseRfc3339(odd), undefined));
}

test('what JavaScript writes is read as it was', () => {
  const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  fc.assert(fc.property(moment, (date) => assert.equal(parseRfc3339(date.toISOString()), date.getTime())));
});
