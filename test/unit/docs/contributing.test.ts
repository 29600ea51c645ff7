// What the pages in docs/contributing rely on: no row of a table is declared and then forgotten.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { settings } from '../../../internal/config/schema.ts';
import { metricTable } from '../../../internal/metrics/table.ts';
import { errorTable } from '../../../internal/platform/error-table.ts';

/** The sources of agent and plane, but for those that declare. */
function sourcesWithout(declaring: RegExp): string {
  const files = globSync(['cmd/**/*.ts', 'internal/**/*.ts']).filter((file) => !declaring.test(file));
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

describe('what is declared is used', () => {
  test('every setting is read', () => {
    const sources = sourcesWithout(/internal\/config\/settings-/);
    const unread = settings.map(({ name }) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(sources));
    assert.deepEqual(unread, []);
  });

  test('every metric is written somewhere', () => {
    const sources = sourcesWithout(/internal\/metrics\/table/);
    const unwritten = Object.keys(metricTable).filter((name) => !new RegExp(`\\b${name}\\b`).test(sources));
    assert.deepEqual(unwritten, []);
  });

  test('every error code is raised somewhere', () => {
    const sources = sourcesWithout(/internal\/platform\/error-table/);
    const unraised = Object.keys(errorTable).filter((code) => !sources.includes(`'${code}'`));
    assert.deepEqual(unraised, []);
  });
});

test('every stage that decides is in the table of docs/ARCHITECTURE.md, and no other', () => {
  const declared = readFileSync('internal/pipeline/pipeline-observer.ts', 'utf8').matchAll(
    /readonly stage: '([a-z-]+)'/g,
  );
  const table = readFileSync('docs/ARCHITECTURE.md', 'utf8').split('\n## The stages\n')[1]?.split('\n## ')[0] ?? '';
  const shown = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, stage = '']) => stage);
  assert.deepEqual(shown.toSorted(), [...new Set([...declared].map(([, stage = '']) => stage))].toSorted());
});

describe('the pages on adding something', () => {
  for (const page of globSync('docs/contributing/*.md').toSorted()) {
    test(`${page} names files and tests that there are`, () => {
      const text = readFileSync(page, 'utf8');
      const files = [...text.matchAll(/`((?:internal|cmd|test|tools|deploy)\/[^`\s]*)`/g)].map(([, file = '']) => file);
      const tests = [...text.matchAll(/`((?:unit|e2e|integration)\/[^`\s]*)`/g)].map(
        ([, name = '']) => `test/${name}{,/*,*}.test.ts`,
      );
      for (const place of [...files, ...tests]) assert.notDeepEqual(globSync(place), [], place);
    });
  }
});
