// The arithmetic and the table of the benchmarks.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { median, percentile } from '../../bench/bench.ts';
import { renderFigures } from '../../bench/report.ts';

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test('is the nearest rank, whatever the order', () => {
    assert.equal(percentile(hundred, 0.5), 50);
    assert.equal(percentile(hundred, 0.99), 99);
    assert.equal(percentile(hundred, 1), 100);
    assert.equal(percentile(hundred, 0), 1);
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(percentile([7], 0.99), 7);
  });

  test('of nothing is no number', () => assert.equal(percentile([], 0.5), NaN));
});

describe('figures', () => {
  test('are shown with three digits, their unit, and their ratio to the baseline where there is one', () => {
    const text = renderFigures([
      { what: 'p50', value: 26.04, unit: 'ms', baseline: 529.4 },
      { what: 'write', value: 7.216, unit: 'ms' },
      { what: 'none', value: NaN, unit: 'MB', baseline: 0 },
    ]);
    assert.equal(
      text,
      [
        '  WHAT   WATCHER  BASELINE  RATIO',
        '  p50    26.0 ms    529 ms  0.049',
        '  write  7.22 ms',
        '  none      ? MB   0.00 MB      ?',
        '',
      ].join('\n'),
    );
  });
});
