/**
 * The reflector against a real kube-apiserver and etcd: real protobuf, real pages, real streamed lists. Its
 * faults: watch-faults-real.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { ReflectorLimits } from '../../internal/kubernetes/reflector-types.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { rawStatus, readyConditions, terminated, waiting, type Raw } from '../support/raw-pod.ts';
import { StoreRig } from '../support/store-rig.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;
const PODS = '/api/v1/namespaces/shop/pods';

const spec = {
  nodeName: 'node-1',
  initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
  containers: [{ name: 'app', image: 'nowhere/app:1', env: [{ name: 'TOKEN', value: 'x'.repeat(500) }] }],
};
const crash = rawStatus({
  state: waiting('CrashLoopBackOff', 'back-off — ünïcode 😀'),
  lastState: terminated(-1, 'Error'),
  ready: false,
  restartCount: 3,
});

async function create(cluster: Cluster, name: string, isFailing: boolean): Promise<void> {
  const pod = await cluster.api<Raw>('POST', PODS, { metadata: { name, labels: { app: name } }, spec });
  const containerStatuses = [isFailing ? crash : rawStatus()];
  const initContainerStatuses = [rawStatus({ name: 'proxy' })];
  const status = { phase: 'Running', conditions: readyConditions, containerStatuses, initContainerStatuses };
  await cluster.api('PUT', `${PODS}/${name}/status`, { ...pod, status });
}

async function remove(cluster: Cluster, name: string): Promise<void> {
  await cluster.api('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
}

/** An independent full list, as JSON. */
async function list(cluster: Cluster): Promise<Raw[]> {
  const { items } = await cluster.api<{ items: Raw[] }>('GET', '/api/v1/pods');
  return items;
}

function identity(pod: Raw): string {
  const { namespace, name, uid, resourceVersion } = pod['metadata'] as Record<string, string>;
  return `${namespace}/${name} ${uid} ${resourceVersion}`;
}

async function converges(cluster: Cluster, rig: StoreRig): Promise<void> {
  await rig.synced();
  const items = await list(cluster);
  await rig.equals(() => items.map((item) => identity(item)), 30_000);
}

function factsFromJson(pod: Raw): PodFacts | undefined {
  const reading = readPodJson(pod);
  assert.ok(!(reading instanceof CodedError));
  return reading.isQuiet ? undefined : reading.facts;
}

describe('the reflector on a real API server', { skip, timeout: 300_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace('shop');
    for (let at = 0; at < 24; at++) await create(cluster, `web-${at}`, at % 3 === 0);
  });
  after(() => cluster.stop());

  const open = (limits: Partial<ReflectorLimits>): StoreRig =>
    new StoreRig({ kubeconfig: cluster.kubeconfigPath, limits });

  for (const [what, limits] of [
    ['protobuf in pages of 5', { format: 'protobuf', streamingList: 'never', pageItems: 5 }],
    ['protobuf as a stream', { format: 'protobuf', streamingList: 'try' }],
    ['JSON in pages of 5', { format: 'json', streamingList: 'never', pageItems: 5 }],
    ['JSON as a stream', { format: 'json', streamingList: 'try' }],
  ] as const) {
    test(`reads ${what}: the same pods, and the same facts as an independent list in JSON`, async () => {
      await using rig = open(limits);
      await converges(cluster, rig);
      for (const pod of await list(cluster)) {
        const { uid } = pod['metadata'] as { uid: string };
        assert.deepEqual(rig.store.get(uid)?.facts, factsFromJson(pod));
      }
      assert.equal(rig.store.loud, 8);
      assert.deepEqual(
        rig.observer.said.slice(0, 3),
        limits.streamingList === 'try'
          ? ['list start', 'watch', 'listed 24 in 0']
          : ['list start', 'listed 24 in 5', 'watch'],
      );
      await create(cluster, 'late', true);
      await remove(cluster, 'late');
      await rig.until('the deletion', () => rig.told.includes('deleted shop/late watch'));
      await converges(cluster, rig);
      assert.deepEqual(
        rig.observer.said.filter((words) => /^[A-Z]/.test(words)),
        [],
        'no error',
      );
    });
  }

  test('watches the pods of one node where it is told to', async () => {
    await cluster.api('POST', PODS, { metadata: { name: 'elsewhere' }, spec: { ...spec, nodeName: 'node-2' } });
    await using rig = new StoreRig({
      kubeconfig: cluster.kubeconfigPath,
      selectors: { fieldSelector: 'spec.nodeName=node-2' },
    });
    await rig.synced();
    assert.deepEqual(
      [...rig.store.identities()].map(({ name }) => name),
      ['elsewhere'],
    );
    await remove(cluster, 'elsewhere');
  });

  test('is told what it may not do, in the words of RBAC, and notices when it may', async () => {
    await using limited = await startCluster({ tokenUsers: [{ user: 'nobody' }] });
    await using rig = new StoreRig({ kubeconfig: limited.kubeconfigFor('nobody'), limits: { format: 'protobuf' } });
    await rig.until('a refusal', () => rig.observer.said.includes('API_FORBIDDEN'));
    const line = rig.log.find(({ err }) => err !== undefined);
    assert.match(JSON.stringify(line), /(list|watch) pods in the cluster answered 403: pods is forbidden/);
    await limited.kubectl(['create', 'clusterrole', 'pods', '--verb=list,watch', '--resource=pods']);
    await limited.kubectl(['create', 'clusterrolebinding', 'nobody', '--clusterrole=pods', '--user=nobody']);
    await rig.synced();
    assert.ok(rig.log.some(({ msg }) => msg === 'list or watch works again'));
  });
});
