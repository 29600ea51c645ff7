/** Whoever is woken by an alert finds, behind its link, a part that is about it; and no part is about an alert that is gone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';

interface Rule {
  readonly alert: string;
  readonly annotations: { readonly runbook: string };
}

const page = 'docs/operations/alerts.md';
const { groups } = parse(readFileSync('deploy/alerts/watcher.rules.yaml', 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const [, ...parts] = readFileSync(page, 'utf8').split(/^## /m);

test('each alert has a part of its own in the runbook, and each part an alert', () => {
  const headings = parts.map((part) => part.split('\n', 1)[0]);
  assert.deepEqual(
    headings,
    rules.map(({ alert }) => alert),
  );
});

for (const { alert, annotations } of rules) {
  test(`${alert} links to its part`, () => assert.equal(annotations.runbook, `${page}#${alert.toLowerCase()}`));
}
