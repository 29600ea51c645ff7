import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_WAIT_MS } from '../../../internal/platform/limits.ts';
import { retryAfterMs, SHORTEST_WAIT_MS } from '../../../internal/restate/retry-after.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

const cases: readonly (readonly [string | undefined, number | undefined])[] = [
  [undefined, undefined],
  ['5', 5_000],
  [' 5 ', 5_000],
  ['0', SHORTEST_WAIT_MS],
  ['-1', SHORTEST_WAIT_MS],
  ['99999999', LONGEST_WAIT_MS],
  ['1e9', undefined],
  ['9'.repeat(400), LONGEST_WAIT_MS],
  ['soon', undefined],
  ['soon 5', undefined],
  ['', undefined],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2099 00:00:00 GMT', LONGEST_WAIT_MS],
  ['Thu, 01 Jan 1970 00:00:00 GMT', SHORTEST_WAIT_MS],
  ['Someday', undefined],
];

for (const [header, expected] of cases) {
  const asked = header === undefined ? 'absent' : `'${header.slice(0, 40)}'`;
  test(`Retry-After ${asked} means a wait of ${expected ?? "the caller's own"}`, () => {
    assert.equal(retryAfterMs(header, now), expected);
  });
}
