import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workloadOf } from '../../../internal/kubernetes/owners.ts';

const pod = (
  kind: string | undefined,
  name: string,
  labels: Record<string, string> = {},
): Parameters<typeof workloadOf>[0] => ({
  name: 'cart-7d9f8-x2x4k',
  labels: new Map(Object.entries(labels)),
  owner: kind === undefined ? undefined : { apiVersion: 'apps/v1', kind, name, uid: 'u' },
});

const cases: readonly [
  promise: string,
  pod: Parameters<typeof workloadOf>[0],
  expected: [kind: string, name: string],
][] = [
  ['a pod without a controller is its own workload', pod(undefined, ''), ['Pod', 'cart-7d9f8-x2x4k']],
  [
    "a Deployment's pod belongs to the Deployment",
    pod('ReplicaSet', 'cart-7d9f8', { 'pod-template-hash': '7d9f8' }),
    ['Deployment', 'cart'],
  ],
  [
    "a Rollout's pod belongs to the Rollout",
    pod('ReplicaSet', 'cart-7d9f8', { 'rollouts-pod-template-hash': '7d9f8' }),
    ['Rollout', 'cart'],
  ],
  ['a bare ReplicaSet is not taken for a Deployment', pod('ReplicaSet', 'cart-7d9f8'), ['ReplicaSet', 'cart-7d9f8']],
  [
    'a hash that is not in the name proves nothing',
    pod('ReplicaSet', 'cart', { 'pod-template-hash': 'cart' }),
    ['ReplicaSet', 'cart'],
  ],
  ['an empty hash proves nothing', pod('ReplicaSet', 'cart-', { 'pod-template-hash': '' }), ['ReplicaSet', 'cart-']],
  ['any other owner is named as it is', pod('StatefulSet', 'db'), ['StatefulSet', 'db']],
  ['an unknown custom owner is named as it is', pod('SparkApplication', 'etl'), ['SparkApplication', 'etl']],
];
for (const [promise, given, [kind, name]] of cases) {
  test(promise, () => assert.deepEqual(workloadOf(given), { kind, name }));
}
