/** `watcher rbac` prints what `kubectl apply` takes, for the settings it is given. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { rbac } from '../../../cmd/watcher/commands/rbac.ts';
import { rightsTable } from '../../../internal/kubernetes/rights-table.ts';
import { CodedError } from '../../../internal/platform/errors.ts';

interface Printed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly { readonly name: string; readonly namespace: string }[];
}

async function print(...args: string[]): Promise<string> {
  let out = '';
  const terminal = { out: (text: string) => void (out += text), err: () => undefined, isTerminal: false };
  const shutdown = new AbortController().signal;
  assert.equal(await rbac({ args: args, environment: {}, terminal, shutdown }), 0);
  return out;
}

const placesOf = (objects: readonly Printed[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);

describe('watcher rbac', () => {
  test('prints YAML documents, each rule with what it is for', async () => {
    const text = await print('--watch-namespace-mode=all', '-n', 'agents');
    const objects = parseAllDocuments(text).map((document) => document.toJS() as Printed);
    assert.deepEqual(placesOf(objects), [
      'ServiceAccount agents/watcher',
      ...['ClusterRole /agents:watcher', 'ClusterRoleBinding /agents:watcher'],
      ...['Role agents/watcher', 'RoleBinding agents/watcher'],
    ]);
    for (const { feature, why } of rightsTable) {
      assert.equal(
        text.includes(`# ${why}\n`),
        !['nodes', 'one-namespace', 'events', 'logs', 'limits', 'workload-silences'].includes(feature),
        why,
      );
    }
  });

  test('prints the same objects as JSON, for the account that was named', async () => {
    const args = ['--watch-namespace-mode=all', '-n', 'agents', '--service-account=teller'];
    const { items } = JSON.parse(await print(...args, '-o', 'json')) as { items: Printed[] };
    const documents = parseAllDocuments(await print(...args)).map((document) => document.toJS() as Printed);
    assert.deepEqual(items, documents);
    for (const { subjects = [] } of items) {
      for (const { name, namespace } of subjects) assert.deepEqual([name, namespace], ['teller', 'agents']);
    }
  });

  test('prints what more is needed for nodes, and less without a Lease or a plane', async () => {
    const narrow = ['--watch-namespace=shop', '-n', 'agents', '-o', 'table'];
    assert.doesNotMatch(await print(...narrow), /nodes/);
    assert.match(await print(...narrow, '--node-name=n1'), /cluster +list,watch +nodes /);
    assert.match(await print(...narrow, '--enabled-reasons=*'), /cluster +list,watch +nodes /);
    assert.match(await print(...narrow, '--shard=1/2'), /watcher-leader-lock-shard-1-of-2/);
    assert.doesNotMatch(await print(...narrow, '--leader-elect=false'), /leases/);
    assert.doesNotMatch(await print(...narrow, '--dry-run'), /leases|kube-system/);
  });

  test('refuses a name that no object may have', async () => {
    const isRefused = (error: unknown): boolean => error instanceof CodedError && error.code === 'CONFIG_INVALID';
    await assert.rejects(async () => print('--name=Not A Name'), isRefused);
  });
});
