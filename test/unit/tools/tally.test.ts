import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addResult, emptyTally } from '../../../tools/tally.ts';

type Result = Parameters<typeof addResult>[2];
const result = (fields: Record<string, unknown>): Result =>
  ({ name: 'a promise', file: '/x/a.test.ts', details: {}, ...fields }) as unknown as Result;

test('a passing test counts, its suite and its file do not', () => {
  const tally = emptyTally();
  addResult(tally, 'pass', result({}));
  addResult(tally, 'pass', result({ details: { type: 'suite' } }));
  addResult(tally, 'pass', result({ name: '/x/a.test.ts' }));
  assert.equal(tally.passed, 1);
});

test('a skipped test is counted as skipped with its reason, a test to be done likewise', () => {
  const tally = emptyTally();
  addResult(tally, 'pass', result({ skip: 'no Go here' }));
  addResult(tally, 'pass', result({ todo: true }));
  assert.equal(tally.passed, 0);
  assert.match(tally.skipped[0] ?? '', /no Go here/);
  assert.equal(tally.skipped.length, 2);
});

test('a skipped suite, whose tests never run, is counted as skipped with its reason', () => {
  const tally = emptyTally();
  addResult(tally, 'pass', result({ skip: 'no binaries here', details: { type: 'suite' } }));
  assert.equal(tally.skipped.length, 1);
  assert.match(tally.skipped[0] ?? '', /no binaries here/);
});

test('a file that cannot be loaded is a failure; a suite that only repeats its tests is none', () => {
  const tally = emptyTally();
  addResult(tally, 'fail', result({ name: '/x/a.test.ts', details: { error: { failureType: 'testCodeFailure' } } }));
  addResult(tally, 'fail', result({ details: { type: 'suite', error: { failureType: 'subtestsFailed' } } }));
  assert.equal(tally.failed.length, 1);
});
