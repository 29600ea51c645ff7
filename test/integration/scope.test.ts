// Namespaces that come and go on a real API server, with rights in the cluster and without.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import type { Scope } from '../../internal/kubernetes/scope.ts';
import { PodWatchesRig } from '../support/pod-watches-rig.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const spec = { containers: [{ name: 'app', image: 'nowhere/app:1' }] };
const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } };
const stuck = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state: waiting };

/** A pod there is something to say about. */
async function failing(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const pod: object = await cluster.api('POST', path, { metadata: { name }, spec });
  const status = { phase: 'Pending', containerStatuses: [stuck] };
  await cluster.api('PUT', `${path}/${name}/status`, { ...pod, status });
}

async function label(cluster: Cluster, namespace: string, value: string): Promise<void> {
  await cluster.kubectl(['label', 'namespace', namespace, `watch=${value}`, '--overwrite']);
}

/** One pod each of these namespaces, read from an independent full list. */
function factsIn(namespaces: readonly string[], items: readonly object[]): PodFacts[] {
  const found: PodFacts[] = [];
  for (const item of items) {
    const read = readPodJson(item);
    if (!(read instanceof CodedError) && read.facts !== undefined) found.push(read.facts);
  }
  return byNamespace(found.filter(({ namespace }) => namespaces.includes(namespace)));
}

function byNamespace(pods: PodFacts[]): PodFacts[] {
  return pods.sort((one, other) => one.namespace.localeCompare(other.namespace));
}

/** A scope of its own for each test. */
let scopes = 0;

describe('the scope on a real API server', { skip, timeout: 180_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ tokenUsers: [{ user: 'one' }, { user: 'each' }] });
    await cluster.kubectl(['create', 'clusterrole', 'namespaces', '--verb=list,watch', '--resource=namespaces']);
    await cluster.kubectl(['create', 'clusterrole', 'pods', '--verb=list,watch', '--resource=pods']);
    for (const user of ['one', 'each']) await bind('clusterrolebinding', `${user}-namespaces`, 'namespaces', user);
    await bind('clusterrolebinding', 'one-pods', 'pods', 'one');
  });
  after(() => cluster.stop());

  const bind = (kind: string, name: string, role: string, user: string, namespace = 'default'): Promise<string> =>
    cluster.kubectl(['-n', namespace, 'create', kind, name, `--clusterrole=${role}`, `--user=${user}`]);
  const allow = (namespace: string): Promise<string> => bind('rolebinding', 'each', 'pods', 'each', namespace);
  const newScope = (): { key: string; scope: Scope } => {
    const key = `watch-${(scopes += 1)}`;
    return { key, scope: { mode: 'label', key, value: 'true' } };
  };

  for (const [user, plan] of [
    ['one', 'cluster'],
    ['each', 'namespaces'],
  ] as const) {
    test(`a label makes a namespace's failures told within two seconds, and its loss ends that (plan: ${plan})`, async () => {
      const namespace = `shop-${user}`;
      await cluster.createNamespace(namespace, { watch: 'no', 'project-id': 'p-7' });
      if (user === 'each') await allow(namespace);
      await failing(cluster, namespace, 'first');
      await using rig = new PodWatchesRig(cluster.kubeconfigFor(user), { mode: 'label', key: 'watch', value: user });
      await rig.tells('synced');
      assert.equal(rig.watches.describe().plan, plan);
      assert.deepEqual(rig.take(), []);

      await label(cluster, namespace, user);
      const labelledAtMs = performance.now();
      await rig.tells(`${namespace}/first added initial`);
      assert.ok(performance.now() - labelledAtMs < 2000);
      assert.equal(rig.watches.labelsOf(namespace)?.get('project-id'), 'p-7');
      await failing(cluster, namespace, 'second');
      await rig.until(() => rig.told.some((words) => words.startsWith(`${namespace}/second`)), 'second');

      await label(cluster, namespace, 'no');
      const unlabelledAtMs = performance.now();
      await rig.tells(`left ${namespace}`);
      assert.ok(performance.now() - unlabelledAtMs < 2000);
      rig.take();
      await failing(cluster, namespace, 'third');
      await label(cluster, namespace, user);
      await rig.tells(`${namespace}/third added initial`);
      assert.ok(!rig.told.some((words) => words.startsWith(`${namespace}/third`) && words.endsWith('watch')));
    });
  }

  test('pods are counted without being read, which decides on the plan', async () => {
    const { key, scope } = newScope();
    const namespace = 'counted';
    await cluster.createNamespace(namespace, { [key]: 'true' });
    for (let index = 0; index < 7; index++) await failing(cluster, namespace, `pod-${index}`);
    const all = (await cluster.kubectl(['get', 'pods', '-A', '-o', 'name'])).trim().split('\n').length;
    await using rig = new PodWatchesRig(cluster.kubeconfigFor('one'), scope);
    const { inCluster, inScope } = await rig.logs(({ msg }) => msg === 'pods counted');
    assert.deepEqual([inCluster, inScope], [all, 7]);
    assert.equal(rig.watches.describe().reason, 'few-pods-spared');
  });

  test('a namespace labelled and unlabelled 500 times leaves no connection behind, and all is as protobuf', async () => {
    const { key, scope } = newScope();
    const namespace = 'fickle';
    await cluster.createNamespace(namespace);
    await allow(namespace);
    await failing(cluster, namespace, 'web');
    const to = (value: string): Promise<unknown> =>
      cluster.api('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels: { [key]: value } } });
    await using rig = new PodWatchesRig(cluster.kubeconfigFor('each'), scope);
    await rig.tells('synced');
    const handlesAfter = async (rounds: number): Promise<number> => {
      for (let round = 0; round < rounds; round++) {
        await to('true');
        await to('false');
      }
      rig.take();
      await to('true');
      await rig.tells(`${namespace}/web added initial`);
      await to('false');
      await rig.tells(`left ${namespace}`);
      await rig.until(() => !rig.watches.isInScope(namespace), 'the end');
      return process.getActiveResourcesInfo().filter((kind) => kind.includes('TCP')).length;
    };
    const before = await handlesAfter(50);
    const behind = await handlesAfter(450);
    assert.ok(behind <= before + 2, `${before} connections after 50 rounds, ${behind} after 500`);
    assert.ok(!rig.log.some(({ msg }) => msg.includes('asking for JSON')));
  });

  test('rights withdrawn in one of twenty namespaces leave nineteen as they were, and are named', async () => {
    const { key, scope } = newScope();
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    for (const name of names) {
      await cluster.createNamespace(name, { [key]: 'true' });
      await allow(name);
    }
    await using rig = new PodWatchesRig(cluster.kubeconfigFor('each'), scope);
    await rig.until(
      () => rig.watches.describe().watches.filter((watch) => watch.isSynced).length === 20,
      '20 watches',
      30_000,
    );
    await cluster.kubectl(['-n', 'many-7', 'delete', 'rolebinding', 'each']);
    // An open watch outlives the right to it; the API server ends watches when it stops.
    await cluster.restartApiServer();
    const denied = await rig.logs(
      ({ level, err }) => level === 'warn' && err?.message.includes('in namespace many-7') === true,
    );
    assert.equal(denied.err?.code, 'API_FORBIDDEN');
    assert.match(denied.err.message, /(list|watch) pods in namespace many-7 answered 403/);
    for (const name of names.filter((one) => one !== 'many-7')) await failing(cluster, name, 'x');
    const told = (name: string): boolean => rig.told.some((words) => words.startsWith(`${name}/x `));
    await rig.until(() => names.every((name) => told(name) || name === 'many-7'), 'nineteen failures', 40_000);
    await failing(cluster, 'many-7', 'x');
    await allow('many-7');
    await rig.until(() => told('many-7'), 'the twentieth', 40_000);
    const { items } = await cluster.api<{ items: object[] }>('GET', '/api/v1/pods');
    const expected = factsIn(names, items);
    const known = (): PodFacts[] => byNamespace([...rig.watches.pods()]);
    await rig.until(() => isDeepStrictEqual(known(), expected), 'what a full list says, field by field', 40_000);
  });
});
