import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decidePlan, needsCounts, type PlanDecision, type PlanFacts } from '../../../internal/kubernetes/scope-plan.ts';
import { describeScope, type Scope } from '../../../internal/kubernetes/scope.ts';

const single: Scope = { mode: 'single', namespace: 'shop' };
const label: Scope = { mode: 'label', key: 'team', value: 'a' };
const all: Scope = { mode: 'all' };
const facts: PlanFacts = {
  hasClusterRights: true,
  isByNode: false,
  namespaces: 4,
  counts: { inCluster: 20_000, inScope: 500 },
  current: undefined,
};
const chosen: PlanDecision = { plan: { kind: 'namespaces' }, reason: 'few-namespaces-matter' };
const words = ({ plan, reason }: PlanDecision): string => `${plan.kind}: ${reason}`;

describe('the plan of pod watches', () => {
  const table: readonly [promise: string, Scope, Partial<PlanFacts>, plan: string][] = [
    ['one namespace needs one watch', single, { hasClusterRights: false }, 'single-namespace: one-namespace-asked-for'],
    ['rights in the cluster change nothing about it', single, {}, 'single-namespace: one-namespace-asked-for'],
    ['all namespaces are one watch', all, {}, 'cluster: all-namespaces-asked-for'],
    ['without the right to it they are one each', all, { hasClusterRights: false }, 'namespaces: no-cluster-rights'],
    ['labelled ones, too', label, { hasClusterRights: false }, 'namespaces: no-cluster-rights'],
    ['what is on one node is one watch', label, { isByNode: true }, 'cluster: one-node'],
    ['few small namespaces of a large cluster are one each', label, {}, 'namespaces: few-namespaces-matter'],
    [
      'no namespace at all is no watch',
      label,
      { namespaces: 0, counts: { inCluster: 9000, inScope: 0 } },
      words(chosen),
    ],
    ['eleven namespaces are one watch', label, { namespaces: 11 }, 'cluster: many-namespaces'],
    [
      'in a small cluster it is one watch',
      label,
      { counts: { inCluster: 1999, inScope: 0 } },
      'cluster: few-pods-spared',
    ],
    [
      'where most pods matter it is one watch',
      label,
      { counts: { inCluster: 20_000, inScope: 10_001 } },
      'cluster: few-pods-spared',
    ],
    ['where nobody could count it is one watch', label, { counts: undefined }, 'cluster: pods-not-counted'],
  ];
  for (const [promise, scope, changes, plan] of table) {
    test(promise, () => assert.equal(words(decidePlan(scope, { ...facts, ...changes })), plan, describeScope(scope)));
  }

  test('that was chosen is kept until half its gain is gone, the namespaces are twenty-one, or the rights are', () => {
    const keep = (changes: Partial<PlanFacts>): string =>
      words(decidePlan(label, { ...facts, current: chosen, ...changes }));
    assert.equal(keep({ counts: { inCluster: 1000, inScope: 0 } }), words(chosen));
    assert.equal(keep({ counts: undefined }), words(chosen));
    assert.equal(keep({ namespaces: 20 }), words(chosen));
    assert.equal(keep({ counts: { inCluster: 999, inScope: 0 } }), 'cluster: few-pods-spared');
    assert.equal(keep({ namespaces: 21 }), 'cluster: many-namespaces');
    assert.equal(keep({ hasClusterRights: false }), 'namespaces: no-cluster-rights');
  });

  test('needs pods to be counted only where that decides', () => {
    assert.ok(needsCounts(label, facts));
    assert.ok(needsCounts(label, { ...facts, namespaces: 20, current: chosen }));
    for (const [scope, changes] of [
      [single, {}],
      [all, {}],
      [label, { hasClusterRights: false }],
      [label, { isByNode: true }],
      [label, { namespaces: 11 }],
    ] as const) {
      assert.ok(!needsCounts(scope, { ...facts, ...changes }));
    }
  });
});
