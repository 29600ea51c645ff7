/** Each threat of docs/SECURITY.md has a test, and where something is still open it says since when. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const rows = [...readFileSync('docs/SECURITY.md', 'utf8').matchAll(/^\| (S-\d+) \| (.+) \| (.+) \| (.+) \|$/gm)];

test('the list is whole', () => {
  assert.deepEqual(
    rows.map(([, id]) => id),
    Array.from({ length: 18 }, (_, at) => `S-${at + 1}`),
  );
});

describe('the threat', () => {
  for (const [, id = '', , done = '', shown = ''] of rows) {
    test(`${id} is met by tests that there are`, () => {
      const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
      assert.ok(files.length > 0);
      for (const file of files) assert.equal(globSync(file).length, 1, file);
      if (/not yet/i.test(done)) assert.match(done, /not yet, \d{4}-\d{2}-\d{2}:/i);
    });
  }
});
