// Tables and spans as the demo and the benchmarks print them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coloured } from '../../../cmd/demo/paint.ts';
import { renderTable, spanText } from '../../../internal/platform/table.ts';

describe('a table', () => {
  const columns = [{ heading: 'NAME' }, { heading: 'MS', align: 'right' as const }];

  test('has a line for the headings and one for each row, aligned, without blanks at their ends', () => {
    const text = renderTable(columns, [['a', '7'], ['longer', '1234'], ['b']], '  ');
    assert.equal(text, '  NAME      MS\n  a          7\n  longer  1234\n  b\n');
  });

  test('is aligned by what a terminal shows, whatever is coloured', () => {
    const plain = renderTable(columns, [['näme', '1']]);
    const painted = renderTable(columns, [[coloured.bad('näme'), '1']]);
    // eslint-disable-next-line no-control-regex -- the colours
    assert.equal(painted.replaceAll(/\u001B\[\d+m/g, ''), plain);
  });

  test('without rows is its headings', () => assert.equal(renderTable(columns, []), 'NAME  MS\n'));
});

describe('a span', () => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [99.4, '99 ms'],
    [420, '0.42 s'],
    [12_340, '12.3 s'],
    [125_000, '2 min 5 s'],
    [NaN, '?'],
  ] as const) {
    test(`of ${ms} ms reads ${text}`, () => assert.equal(spanText(ms), text));
  }
});
