import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  brings,
  isDeletionSure,
  layoutOfLeader,
  layoutOfScope,
  selectorsOf,
  type WatchLayout,
} from '../../../internal/kubernetes/scope-layout.ts';
import type { WatchPlan } from '../../../internal/kubernetes/scope-plan.ts';

const cluster: WatchPlan = { kind: 'cluster' };
const each: WatchPlan = { kind: 'namespaces' };
const single: WatchPlan = { kind: 'single-namespace', namespace: 'shop' };
const words = ({ kind, targets }: WatchLayout): string[] => [kind, ...targets.keys()];

describe('the layout of pod watches', () => {
  test('is one watch for the cluster, for the one namespace, or for each', () => {
    assert.deepEqual(words(layoutOfScope(cluster, ['a', 'b'])), ['cluster', '|*']);
    assert.deepEqual(words(layoutOfScope(single, [])), ['single-namespace', 'shop|*']);
    assert.deepEqual(words(layoutOfScope(each, ['a', 'b'])), ['namespaces', 'a|*', 'b|*']);
    assert.deepEqual(words(layoutOfScope(each, [])), ['namespaces']);
  });

  test('asks the server for the pods of one node where only those are ours', () => {
    const [target] = layoutOfScope(single, [], 'node-1').targets.values();
    assert.ok(target);
    assert.deepEqual(selectorsOf(target), { fieldSelector: 'spec.nodeName=node-1' });
    assert.ok(brings(target, { namespace: 'shop', nodeName: 'node-1' }));
    assert.ok(!brings(target, { namespace: 'shop', nodeName: 'node-2' }));
    assert.ok(!brings(target, { namespace: 'bank', nodeName: 'node-1' }));
    assert.ok(isDeletionSure(target));
  });

  test('of a leader is the pods without a node, and those of each node it looks after', () => {
    assert.deepEqual(words(layoutOfLeader(cluster, [], ['n'])), ['cluster, node by node', '|', '|n']);
    const [without] = layoutOfLeader(cluster, [], []).targets.values();
    assert.ok(without);
    assert.deepEqual(selectorsOf(without), { fieldSelector: 'spec.nodeName=' });
    assert.ok(!isDeletionSure(without), 'a pod leaves it by getting a node');
  });

  test('of a leader with very many watches to hold is one watch of all pods', () => {
    const nodes = Array.from({ length: 32 }, (_, index) => `n${index}`);
    assert.equal(layoutOfLeader(cluster, [], nodes.slice(1)).targets.size, 32);
    const [all, ...others] = layoutOfLeader(cluster, [], nodes).targets.values();
    assert.deepEqual([others.length, all], [0, { namespace: '', nodeName: undefined }]);
    assert.ok(all !== undefined && isDeletionSure(all));
    assert.deepEqual(selectorsOf(all), {});
    const names = nodes.slice(0, 20);
    assert.deepEqual(words(layoutOfLeader(each, names, ['n'])).slice(0, 2), ['namespaces, all nodes', 'n0|*']);
    assert.equal(layoutOfLeader(each, [...names, ...nodes], []).targets.size, 32, 'only pods without a node: no more');
  });
});
