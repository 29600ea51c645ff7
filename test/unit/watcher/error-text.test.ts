import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorJson, errorText } from '../../../cmd/watcher/error-text.ts';
import { errorTable } from '../../../internal/platform/error-table.ts';
import { CodedError } from '../../../internal/platform/errors.ts';

const thrown = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};

for (const [what, error, code, message] of [
  ['with a code', new CodedError('OUTPUT_FAILED', 'no room'), 'OUTPUT_FAILED', /^no room$/],
  ['of the system', thrown(() => readFileSync('/nowhere/x')), 'INTERNAL', /^ENOENT: no such file/],
  ['of the language', new TypeError('x is no function'), 'INTERNAL', /^TypeError: x is no function$/],
  ['that is none', 'a word', 'INTERNAL', /^UNKNOWN: a word$/],
] as const) {
  test(`an error ${what} is told with a code of the table and what to do`, () => {
    const told = JSON.parse(errorJson(error)) as Record<string, string>;
    assert.deepEqual([told['code'], told['remedy']], [code, errorTable[code].remedy]);
    assert.match(told['message'] ?? '', message);
    assert.equal(errorText(error), `watcher: ${code}: ${told['message']}\n  what to do: ${errorTable[code].remedy}\n`);
  });
}
