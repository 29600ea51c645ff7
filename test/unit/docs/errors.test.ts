// From a code to what to do: every error there is has its row, and is found from the page on troubleshooting.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { errorTable } from '../../../internal/platform/error-table.ts';
import { renderErrorIndex } from '../../../tools/error-index.ts';

const codes = Object.keys(errorTable);
const countIn = (text: string, words: string): number => text.split(words).length - 1;

describe('an error code', () => {
  test('has one row, which can be linked to, and one place on the page on troubleshooting', () => {
    const errors = readFileSync('docs/ERRORS.md', 'utf8');
    const troubleshooting = readFileSync('docs/operations/troubleshooting.md', 'utf8');
    for (const code of codes) {
      assert.equal(countIn(errors, `| <a id="${code.toLowerCase()}"></a>\`${code}\` |`), 1, code);
      assert.equal(countIn(troubleshooting, `(../ERRORS.md#${code.toLowerCase()})`), 1, code);
    }
  });

  test('of which nobody has said what it is about is found with the settings and commands', () => {
    assert.match(
      renderErrorIndex(['NEVER_SEEN']),
      /\n- \*\*Settings, listeners and commands\*\*: .*\n {2}\[`NEVER_SEEN`\]/,
    );
  });
});

test('codes that are named on pages are codes', () => {
  const pages = ['alerts', 'install', 'outbox', 'silences', 'troubleshooting', 'upgrade'];
  for (const page of pages) {
    const text = readFileSync(`docs/operations/${page}.md`, 'utf8');
    const named = [...text.matchAll(/`((?:API|CLOCK|CONTROL|LIST|OUTBOX|PLANE|SILENCE|WATCH)_[A-Z_]+)`/g)];
    for (const [, code = ''] of named) assert.ok(code in errorTable || code.endsWith('_'), `${page}: ${code}`);
  }
});
