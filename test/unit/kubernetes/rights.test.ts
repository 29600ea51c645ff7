/** The table of rights promises what an operator who reads a ClusterRole looks for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rolesOf } from '../../../internal/kubernetes/rights-manifests.ts';
import { rightsTable } from '../../../internal/kubernetes/rights-table.ts';
import { questionsOf, rightsNeeded, type RightsNeeds } from '../../../internal/kubernetes/rights.ts';
import { describeSubject } from '../../../internal/kubernetes/transport-status.ts';

const everywhere: RightsNeeds = {
  ...{ mode: 'all', watchedNamespace: 'watcher', ownNamespace: 'watcher', leaseName: 'lock' },
  ...{ isNodesWanted: false, context: [], silences: ['pods', 'namespaces'], isDryRun: false },
};
const asked = (needs: Partial<RightsNeeds>): string[] =>
  rightsNeeded({ ...everywhere, ...needs })
    .flatMap(questionsOf)
    .map(describeSubject);

describe('the table of rights', () => {
  test('has no wildcard, no secrets, and nothing that changes anything but a Lease', () => {
    for (const { group, resource, verbs, feature, place } of rightsTable) {
      assert.doesNotMatch([group, resource, ...verbs].join(' '), /\*|secrets|delete|patch|impersonate|escalate|bind/);
      const isWriting = verbs.includes('create') || verbs.includes('update');
      if (isWriting) assert.ok(feature === 'reviews' || (resource === 'leases' && place === 'own'), resource);
    }
  });

  test('says what each right is for and what is without it', () => {
    for (const { why, without } of rightsTable) assert.ok(why.length > 10 && without.length > 10);
  });
});

describe('rights', () => {
  test('to pods stop at the one namespace that is watched', () => {
    const narrow = asked({ mode: 'single', watchedNamespace: 'shop' });
    assert.ok(narrow.includes('watch pods in namespace shop'));
    assert.ok(narrow.includes('list namespaces shop in the cluster'));
    assert.ok(!narrow.some((subject) => /pods in the cluster|namespaces in the cluster/.test(subject)), narrow.join());
    assert.ok(asked({}).includes('watch pods in the cluster'));
  });

  test('to a Lease are for the one in use, but for create, and none where none is held', () => {
    assert.deepEqual(
      asked({ leaseName: 'lock-shard-0-of-2' }).filter((subject) => subject.includes('leases')),
      [
        'create leases.coordination.k8s.io in namespace watcher',
        'get leases.coordination.k8s.io lock-shard-0-of-2 in namespace watcher',
        'update leases.coordination.k8s.io lock-shard-0-of-2 in namespace watcher',
      ],
    );
    assert.ok(!asked({ leaseName: undefined }).some((subject) => subject.includes('leases')));
  });

  test('to nodes are asked for only where nodes are told of', () => {
    assert.ok(!asked({}).some((subject) => subject.includes('nodes')));
    assert.ok(asked({ isNodesWanted: true }).includes('list nodes in the cluster'));
  });

  test('to what is told with a failure are asked for one by one', () => {
    const more = (context: string[]): string[] => asked({ context }).filter((subject) => !asked({}).includes(subject));
    assert.deepEqual(more(['image', 'hint']), []);
    assert.deepEqual(more(['events']), ['list events in the cluster']);
    assert.deepEqual(more(['logs', 'limits']), ['get pods/log in the cluster', 'get pods in the cluster']);
  });

  test('to read workloads are asked for only where their annotations may silence', () => {
    const more = asked({ silences: ['workloads'] }).filter((subject) => !asked({}).includes(subject));
    const kinds = ['deployments.apps', 'statefulsets.apps', 'daemonsets.apps', 'cronjobs.batch'];
    assert.deepEqual(
      more,
      kinds.map((kind) => `get ${kind} in the cluster`),
    );
  });

  test('become one ClusterRole, and one Role for each namespace, named with the own one where others may have theirs', () => {
    const rights = rightsNeeded({ ...everywhere, mode: 'single', watchedNamespace: 'shop' });
    const roles = rolesOf(rights, { name: 'w', serviceAccount: 'w', namespace: 'watcher' });
    assert.deepEqual(
      roles.map(({ kind, name, namespace }) => [kind, name, namespace]),
      [
        ['ClusterRole', 'watcher:w', ''],
        ['Role', 'watcher:w', 'shop'],
        ['Role', 'w', 'watcher'],
      ],
    );
  });
});
