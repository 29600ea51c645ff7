/**
 * The whole of it: real containers fail on a real kubelet, and a real Restate service has handled it. One node, one plane
 * and one agent; all pods are made at once, healthy and completed ones among them, of which nothing may be told.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { nodeAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { startPlane, type Plane } from '../support/e2e-plane.ts';
import { waitForPod } from '../support/e2e-pod-watch.ts';
import { collectionPath, failing, faultless, type Manifest } from '../support/e2e-pods.ts';
import { until } from '../support/e2e-until.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const machine = await nodeAvailability();
const skip = machine.available ? skipWithoutRestate() : machine.reason;

const CLUSTER_ID = 'node';
const NAMESPACE = 'shop';

interface Expected {
  readonly manifest: Manifest;
  /** What is told, in this order. */
  readonly told: readonly Partial<WireEvent>[];
}

const app = { container_name: 'main', container_role: 'app' } as const;
const migrate = { container_name: 'migrate', container_role: 'init' } as const;

const cases: Record<string, Expected> = {
  'a container that exits again and again': {
    manifest: failing.crashLoop,
    told: [
      { ...app, reason: 'Error', exit_code: 3, workload_kind: 'Deployment', workload_name: 'looping' },
      { ...app, reason: 'CrashLoopBackOff', exit_code: 3, severity: 'critical', workload_kind: 'Deployment' },
    ],
  },
  'an image that cannot be pulled': {
    manifest: failing.imagePull,
    told: [
      // ErrImagePull or ImagePullBackOff, whichever the kubelet writes first.
      { ...app, incident_class: 'image', phase: 'Pending', workload_kind: 'Pod', workload_name: 'unpulled' },
    ],
  },
  'a ConfigMap that is not there': {
    manifest: failing.missingConfigMap,
    told: [{ ...app, reason: 'CreateContainerConfigError', message: 'configmap "nowhere" not found' }],
  },
  'a container that needs more memory than it may have': {
    manifest: failing.outOfMemory,
    told: [{ ...app, reason: 'OOMKilled', exit_code: 137 }],
  },
  'an init container that fails': {
    manifest: failing.init,
    told: [
      { ...migrate, reason: 'Error', exit_code: 7 },
      { ...migrate, reason: 'CrashLoopBackOff', exit_code: 7 },
    ],
  },
  'a Job that fails': {
    manifest: failing.job,
    told: [{ ...app, reason: 'Error', exit_code: 4, workload_kind: 'Job', workload_name: 'import' }],
  },
};

describe('on a real node', { skip, timeout: 180_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let plane: Plane;
  let agent: RunningAgent;
  before(async () => {
    cluster = stack.use(await startCluster({ node: true }));
    plane = stack.use(await startPlane(CLUSTER_ID));
    await cluster.createNamespace(NAMESPACE, { 'project-id': 'p-17' });
    agent = stack.use(
      await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url, clusterId: CLUSTER_ID }),
    );
    for (const manifest of [...Object.values(faultless), ...Object.values(cases).map((one) => one.manifest)]) {
      await cluster.api('POST', collectionPath(manifest, NAMESPACE), manifest);
    }
  });
  after(() => stack.disposeAsync());

  async function toldOf({ metadata: { name } }: Manifest): Promise<WireEvent[]> {
    const all = await plane.received();
    return all.filter((event) => event.name === name || event.name.startsWith(`${name}-`));
  }

  for (const [what, { manifest, told }] of Object.entries(cases)) {
    test(`${what} arrives at the plane`, async () => {
      const isTold = async (): Promise<boolean> => (await toldOf(manifest)).length >= told.length;
      await agent.explained(until('all of it is told', isTold, 90_000));
      assert.partialDeepStrictEqual(
        await toldOf(manifest),
        told.map((event) => ({
          type: 'failure',
          namespace: NAMESPACE,
          project_id: 'p-17',
          node_name: 'node-1',
          ...event,
        })),
      );
    });
  }

  test('healthy and completed pods are not told of, nor any failure twice', async () => {
    const { healthy, completed, completedJob } = faultless;
    const hasStatus = (name: string, isIt: (ready: boolean, phase: string) => boolean): Promise<unknown> =>
      waitForPod(cluster, NAMESPACE, ({ metadata, status }) => {
        const isReady = status.containerStatuses?.[0]?.ready ?? false;
        return metadata.name.startsWith(name) && isIt(isReady, status.phase);
      });
    await hasStatus(healthy.metadata.name, (isReady) => isReady);
    await hasStatus(completed.metadata.name, (_isReady, phase) => phase === 'Succeeded');
    await hasStatus(completedJob.metadata.name, (_isReady, phase) => phase === 'Succeeded');
    const last = { ...failing.missingConfigMap, metadata: { name: 'last' } };
    await cluster.api('POST', collectionPath(last, NAMESPACE), last);
    await agent.explained(until('the last one is told', async () => (await toldOf(last)).length === 1, 60_000));
    for (const manifest of Object.values(faultless)) assert.deepEqual(await toldOf(manifest), []);
    const counted = (await plane.received()).map(({ name, container_name, reason }) => [name, container_name, reason]);
    const expected = Object.values(cases).reduce((sum, { told }) => sum + told.length, 0) + 1;
    assert.equal(counted.length, expected, JSON.stringify(counted));
  });

  test('a pod that is deleted while it runs is not told of', async () => {
    await cluster.api('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/healthy`);
    const after = { ...failing.missingConfigMap, metadata: { name: 'after-deletion' } };
    await cluster.api('POST', collectionPath(after, NAMESPACE), after);
    await agent.explained(until('a later one is told', async () => (await toldOf(after)).length === 1, 60_000));
    assert.deepEqual(await toldOf(faultless.healthy), []);
  });
});
