/**
 * What the agent must be able to do with the API server of each supported minor, put to a real one: list and watch, scope
 * by rights, leader election, the six families told to a plane by the agent's own process, and `watcher check`. One file
 * of test/integration for each minor calls this, so that it stands in the table of versions by its name.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { testedKubernetes } from '../../internal/kubernetes/supported-versions.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent } from './e2e-agent.ts';
import { runWatcher } from './e2e-command.ts';
import { families } from './e2e-families.ts';
import { startPlane, type Plane } from './e2e-plane.ts';
import { until } from './e2e-until.ts';
import { createDeploymentPod, failOnce, replay, type PodRef } from './e2e-workloads.ts';
import { localCandidate } from './leader-rig.ts';
import { PodWatchesRig } from './pod-watches-rig.ts';
import { skipWithoutRestate } from './restate-server-binary.ts';
import { StoreRig } from './store-rig.ts';

export interface VersionExpectation {
  readonly kubernetes: (typeof testedKubernetes)[number];
  /** Whether the server streams a list when asked to (WatchList), or refuses, so that pages are read. */
  readonly streamsLists: boolean;
}

const PODS = 12;
const NAMESPACE = 'shop';
const CLUSTER_ID = 'versions';

/** Each case by itself also where there is no such server, so that what isn't tested is counted. */
export async function putToVersion({ kubernetes, streamsLists }: VersionExpectation): Promise<void> {
  const machine = await clusterAvailability({ kubernetes });
  const skip = machine.available ? false : machine.reason;
  describe(`Kubernetes ${kubernetes}`, { timeout: 400_000 }, () => {
    let cluster: Cluster;
    const stack = new AsyncDisposableStack();
    before(async () => {
      if (skip !== false) return;
      cluster = stack.use(await startCluster({ kubernetes, tokenUsers: [{ user: 'whole' }, { user: 'part' }] }));
      await cluster.createNamespace(NAMESPACE, { 'project-id': 'p-17' });
      for (let at = 0; at < PODS; at++) await createDeploymentPod(cluster, NAMESPACE, `web-${at}`);
      await grant(cluster);
    });
    after(() => stack.disposeAsync());

    test('is what the API server says it is', { skip }, async () => {
      const { gitVersion } = await cluster.api<{ gitVersion: string }>('GET', '/version');
      assert.ok(gitVersion.startsWith(`v${kubernetes}.`), gitVersion);
    });

    for (const format of ['protobuf', 'json'] as const) {
      test(`pods are listed in pages of 5 and watched as ${format}`, { skip }, async () => {
        await followsPods(cluster, { format, streamingList: 'never', pageItems: 5 }, [
          'list start',
          `listed ${PODS} in 3`,
          'watch',
        ]);
      });

      const how = streamsLists
        ? 'are streamed where that is asked for'
        : 'are listed in pages though a stream was asked for';
      test(`pods ${how}, as ${format}`, { skip }, async () => {
        const streamed = ['list start', 'watch', `listed ${PODS} in 0`];
        const paged = ['list start', 'list start', `listed ${PODS} in 3`, 'watch'];
        const limits = { format, streamingList: 'try', pageItems: 5 } as const;
        await followsPods(cluster, limits, streamsLists ? streamed : paged);
      });
    }

    for (const [user, plan] of [
      ['whole', 'cluster'],
      ['part', 'namespaces'],
    ] as const) {
      test(`the scope follows from the rights: plan ${plan}`, { skip }, () => scopeOf(cluster, user, plan));
    }

    test('a leader that stops is followed, and both leave one Lease behind', { skip }, () => changesLeader(cluster));

    test('each of the six families is told to the plane once', { skip: skip || skipWithoutRestate() }, async () => {
      await using plane = await startPlane(CLUSTER_ID);
      await tellsFamilies(cluster, plane);
      await isFoundWell(cluster, plane, kubernetes);
    });
  });
}

/** What it takes to see labelled namespaces, and all pods or those of one namespace. */
async function grant(cluster: Cluster): Promise<void> {
  const roles = '/apis/rbac.authorization.k8s.io/v1';
  const reading = (resource: string): object => ({ apiGroups: [''], resources: [resource], verbs: ['list', 'watch'] });
  const bind = (where: string, kind: string, role: string, user: string): Promise<unknown> =>
    cluster.api('POST', `${where}/${kind.toLowerCase()}s`, {
      metadata: { name: `${role}-${user}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
  for (const resource of ['pods', 'namespaces'])
    await cluster.api('POST', `${roles}/clusterroles`, { metadata: { name: resource }, rules: [reading(resource)] });
  for (const user of ['whole', 'part']) await bind(roles, 'ClusterRoleBinding', 'namespaces', user);
  await bind(roles, 'ClusterRoleBinding', 'pods', 'whole');
  await bind(`${roles}/namespaces/${NAMESPACE}`, 'RoleBinding', 'pods', 'part');
  await cluster.api('PATCH', `/api/v1/namespaces/${NAMESPACE}`, { metadata: { labels: { watch: 'yes' } } });
}

type Limits = NonNullable<ConstructorParameters<typeof StoreRig>[0]['limits']>;

/** Lists as `said`, holds what an independent list has, and sees what comes and goes from then on. */
async function followsPods(cluster: Cluster, limits: Limits, said: readonly string[]): Promise<void> {
  await using rig = new StoreRig({ kubeconfig: cluster.kubeconfigPath, limits });
  await rig.synced();
  await rig.until('the watch', () => rig.observer.said.includes('watch'));
  assert.deepEqual(rig.observer.said.slice(0, said.length), said);
  assert.deepEqual(
    rig.log.filter(({ level }) => level === 'warn' || level === 'error'),
    [],
  );
  const late = await failOnce(cluster, NAMESPACE, `late-${crypto.randomUUID()}`);
  const path = `${late.namespace}/${late.name}`;
  await rig.until('the failing pod', () => rig.told.includes(`added ${path} watch`));
  await cluster.api('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/${late.name}?gracePeriodSeconds=0`);
  await rig.until('its deletion', () => rig.told.includes(`deleted ${path} watch`));
  const { items } = await cluster.api<{ items: Item[] }>('GET', '/api/v1/pods');
  await rig.equals(() => items.map(identity), 30_000);
}

interface Item {
  readonly metadata: Readonly<Record<'namespace' | 'name' | 'uid' | 'resourceVersion', string>>;
}

const identity = ({ metadata: { namespace, name, uid, resourceVersion } }: Item): string =>
  `${namespace}/${name} ${uid} ${resourceVersion}`;

async function scopeOf(cluster: Cluster, user: string, plan: string): Promise<void> {
  const pod = await failOnce(cluster, NAMESPACE, `seen-by-${user}`);
  await using rig = new PodWatchesRig(cluster.kubeconfigFor(user), { mode: 'label', key: 'watch', value: 'yes' });
  await rig.tells('synced');
  assert.equal(rig.watches.describe().plan, plan);
  assert.ok(rig.believed.names().includes(`${NAMESPACE}/${pod.name}`), rig.believed.names().join());
  await cluster.api('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/${pod.name}?gracePeriodSeconds=0`);
}

async function changesLeader(cluster: Cluster): Promise<void> {
  await using first = localCandidate(cluster.kubeconfigPath, 'first');
  await first.telling.next('leads');
  await using second = localCandidate(cluster.kubeconfigPath, 'second');
  await second.telling.next('sees first');
  await first.elector.stop();
  await second.telling.next('leads');
  const lease = '/apis/coordination.k8s.io/v1/namespaces/default/leases/watcher-leader-lock';
  const { spec } = await cluster.api<{ spec: Record<string, unknown> }>('GET', lease);
  assert.deepEqual([spec['holderIdentity'], spec['leaseTransitions']], ['second', 1]);
}

/** The agent's own process, leading by a Lease, tells just what it should of pods in the recorded states. */
async function tellsFamilies(cluster: Cluster, plane: Plane): Promise<void> {
  await using agent = await startAgent({
    kubeconfig: cluster.kubeconfigPath,
    planeUrl: plane.url,
    clusterId: CLUSTER_ID,
    args: ['--batch-flush=100ms', '--leader-elect=true'],
  });
  const pods = new Map<string, PodRef>();
  for (const [family, { statuses }] of Object.entries(families)) {
    const pod = await createDeploymentPod(cluster, NAMESPACE, family.toLowerCase());
    pods.set(family, pod);
    await replay(cluster, pod, statuses);
  }
  // Written after all of them; once it has arrived and nothing waits, nothing is on its way any more.
  const marker = await failOnce(cluster, NAMESPACE, 'marker');
  const hasMarker = async (): Promise<boolean> => (await plane.received()).some((one) => one.pod_uid === marker.uid);
  await agent.explained(until('the plane has the marker', hasMarker, 120_000));
  await agent.explained(until('nothing waits', async () => (await agent.metric('watcher_queue_depth')) === 0));
  const received = await plane.received();
  for (const [family, { told }] of Object.entries(families)) {
    const events = received.filter(({ pod_uid }) => pod_uid === pods.get(family)?.uid);
    assert.deepEqual(
      events.map(({ reason }) => reason),
      told.map(({ reason }) => reason),
      family,
    );
    for (const event of events) assert.deepEqual([event.project_id, event.workload_kind], ['p-17', 'Deployment']);
  }
  const version = await agent.process.line('the version of Kubernetes');
  assert.match(String(version['detail']), / is supported \(/);
}

async function isFoundWell(cluster: Cluster, plane: Plane, kubernetes: string): Promise<void> {
  const usual = [`--kubeconfig=${cluster.kubeconfigPath}`, `--restate-url=${plane.url}`, `--cluster-id=${CLUSTER_ID}`];
  const { code, out } = await runWatcher(
    ['check', ...usual, '--outbox=memory', '--watch-namespace-mode=all', '--output=json'],
    { withinMs: 90_000 },
  );
  const { checks } = JSON.parse(out) as { checks: { what: string; status: string; detail: string }[] };
  const row = checks.find(({ what }) => what === 'Kubernetes version');
  assert.equal(row?.status, 'works', out);
  assert.ok(row.detail.startsWith(`v${kubernetes}.`) && row.detail.includes(' is supported ('), row.detail);
  // What is kept in memory is all that is degraded.
  assert.deepEqual(
    checks.filter(({ status }) => status !== 'works').map(({ what }) => what),
    ['data directory'],
  );
  assert.equal(code, 1);
}
