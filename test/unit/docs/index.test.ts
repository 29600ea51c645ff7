// Every page of the documents can be found: docs/README.md leads to it, and so does README.md to docs/README.md.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const linkedFrom = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) =>
    path.join(path.dirname(page), link),
  );

test('docs/README.md leads to every page, those of decisions by their own list', () => {
  const linked = new Set([...linkedFrom('docs/README.md'), ...linkedFrom('docs/adr/README.md'), 'docs/README.md']);
  const unlinked = globSync('docs/**/*.md').filter((page) => !linked.has(page));
  assert.deepEqual(unlinked, []);
});

test('README.md leads to the documents, the licence’s name and how to contribute', () => {
  const linked = linkedFrom('README.md');
  for (const page of ['docs/README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/SECURITY.md'])
    assert.ok(linked.includes(page), page);
  assert.match(readFileSync('README.md', 'utf8'), /Apache-2\.0/);
});

test('the licence is the Apache License 2.0, to the last byte', async () => {
  const digest = await crypto.subtle.digest('SHA-256', readFileSync('LICENSE'));
  assert.equal(Buffer.from(digest).toString('hex'), 'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30');
});

test('the changelog keeps to its form: Unreleased first, and under each release only the headings of Keep a Changelog', () => {
  const headings = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^##+ (.*)$/gm)].map(
    ([, heading = '']) => heading,
  );
  assert.equal(headings[0], 'Unreleased');
  const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
  const others = headings
    .slice(1)
    .filter((one) => !kinds.includes(one) && !/^\d+\.\d+\.\d+\S* - \d{4}-\d\d-\d\d$/.test(one));
  assert.deepEqual(others, []);
});
