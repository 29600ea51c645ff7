/** Each rule of test/support/identity-rules.ts has its test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { identityRules } from '../../support/identity-rules.ts';

const root = path.join(import.meta.dirname, '..', '..');
const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const known = sources.get(file) ?? readFileSync(path.join(root, `${file}.test.ts`), 'utf8');
  sources.set(file, known);
  return known;
}

describe('the rule that', () => {
  for (const [rule, [file, name]] of Object.entries(identityRules)) {
    test(`${rule} is held by a test`, () => {
      const quoted = ["'", '"', '`'].some((quote) => sourceOf(file).includes(`${quote}${name}${quote}`));
      assert.ok(quoted, `test/${file}.test.ts has no test "${name}"`);
    });
  }
});
