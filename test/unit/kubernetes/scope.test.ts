import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decidePlan, describeScope, namespaceSelectors, type Scope } from '../../../internal/kubernetes/scope.ts';

const single: Scope = { mode: 'single', namespace: 'shop' };
const label: Scope = { mode: 'label', key: 'team', value: 'a' };
const all: Scope = { mode: 'all' };

describe('the scope', () => {
  test('asks the server for its namespaces and no others', () => {
    assert.deepEqual(namespaceSelectors(single), { fieldSelector: 'metadata.name=shop' });
    assert.deepEqual(namespaceSelectors(label), { labelSelector: 'team=a' });
    assert.deepEqual(namespaceSelectors({ ...label, value: '' }), { labelSelector: 'team=' });
    assert.deepEqual(namespaceSelectors(all), {});
  });

  test('is named in the log as it was asked for', () => {
    assert.equal(describeScope(single), 'namespace shop');
    assert.equal(describeScope(label), 'namespaces labelled team=a');
    assert.equal(describeScope(all), 'all namespaces');
  });
});

describe('the plan of pod watches', () => {
  const table: readonly [Scope, boolean, string, string][] = [
    [single, false, 'single-namespace', 'one-namespace-asked-for'],
    [single, true, 'single-namespace', 'one-namespace-asked-for'],
    [label, true, 'cluster', 'cluster-rights'],
    [label, false, 'namespaces', 'no-cluster-rights'],
    [all, true, 'cluster', 'cluster-rights'],
    [all, false, 'namespaces', 'no-cluster-rights'],
  ];
  for (const [scope, clusterWide, plan, reason] of table) {
    test(`${describeScope(scope)}, ${clusterWide ? 'with' : 'without'} rights in the cluster: ${plan}`, () => {
      const decision = decidePlan(scope, { clusterWide });
      assert.deepEqual([decision.plan.kind, decision.reason], [plan, reason]);
    });
  }
});
