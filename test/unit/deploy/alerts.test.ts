/** The alert rules name metrics, labels and pages that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { assertAsks, assertBounds } from '../../support/promql.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook', string>>;
}

const file = 'deploy/alerts/watcher.rules.yaml';
const { groups } = parse(readFileSync(file, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const anchorsOf = (page: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

test('there are rules, and no two of one name', () => {
  assert.ok(rules.length > 0);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
});

for (const { alert, expr, labels, annotations } of rules) {
  describe(alert, () => {
    test('asks for metrics that the agent has, by labels that they have', () => {
      assertAsks(alert, expr);
      assertBounds(alert, expr);
    });

    test('says how bad it is, what it means, and where to read on', () => {
      assert.match(labels.severity, /^(critical|warning|info)$/);
      assert.ok(annotations.summary !== '' && annotations.description !== '');
      const [page = '', anchor = ''] = annotations.runbook.split('#');
      assert.ok(anchorsOf(page).includes(anchor), `${annotations.runbook}: there is ${anchorsOf(page).join(', ')}`);
    });
  });
}
