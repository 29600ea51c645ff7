// Files share processes, and none is lost on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dealt } from '../../../tools/shards.ts';

const cases: [files: string[], count: number, hands: string[][]][] = [
  [
    ['a', 'b', 'c', 'd', 'e'],
    2,
    [
      ['a', 'c', 'e'],
      ['b', 'd'],
    ],
  ],
  [['a'], 4, [['a']]],
  [[], 4, []],
];
for (const [files, count, hands] of cases) {
  test(`${files.length} files in ${count} processes`, () => assert.deepEqual(dealt(files, count), hands));
}
