/**
 * Each of the six families of reasons on a real API server alone: pods are brought into the states a real kubelet was
 * recorded in, one write after the other, and what each of them is arrives at the plane, once, with all that Kubernetes
 * and the contract know of it. One cluster, one plane and one agent for the whole file.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { families } from '../support/e2e-families.ts';
import { startPlane, type Plane } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { createDeploymentPod, createPod, failOnce, recorded, replay, type PodRef } from '../support/e2e-workloads.ts';

const machine = await clusterAvailability();
const skip = machine.available ? skipWithoutRestate() : machine.reason;

const CLUSTER_ID = 'families';
const NAMESPACE = 'shop';

describe('on a real API server, the family', { skip, timeout: 120_000 }, () => {
  let cluster: Cluster;
  let plane: Plane;
  let agent: RunningAgent;
  const stack = new AsyncDisposableStack();
  before(async () => {
    cluster = stack.use(await startCluster());
    await cluster.createNamespace(NAMESPACE, { 'project-id': 'p-17', 'owner-id': 'team-a' });
    plane = stack.use(await startPlane(CLUSTER_ID));
    agent = stack.use(
      await startAgent({
        kubeconfig: cluster.kubeconfigPath,
        planeUrl: plane.url,
        clusterId: CLUSTER_ID,
        args: ['--batch-flush=100ms'],
      }),
    );
  });
  after(async () => {
    await stack.disposeAsync();
  });

  let markers = 0;

  /**
   * What the plane holds of the pod once all that was written about it before has passed through the agent: a marker
   * written after it has arrived, and as batches of two pods may overtake each other, nothing is on its way any more.
   */
  async function toldOf(pod: PodRef): Promise<WireEvent[]> {
    const marker = await failOnce(cluster, NAMESPACE, `marker-${++markers}`);
    const hasMarker = async (): Promise<boolean> =>
      (await plane.received()).some(({ pod_uid }) => pod_uid === marker.uid);
    await agent.explained(until('the plane has the marker', hasMarker));
    const isDrained = async (): Promise<boolean> => (await agent.metric('watcher_queue_depth')) === 0;
    await agent.explained(until('nothing is on its way', isDrained));
    return (await plane.received()).filter(({ pod_uid }) => pod_uid === pod.uid);
  }

  for (const [family, { statuses, told }] of Object.entries(families)) {
    test(`${family} arrives at the plane once, with every field that is known`, async () => {
      const workload = family.toLowerCase();
      const pod = await createDeploymentPod(cluster, NAMESPACE, workload, { 'project-id': 'a-tenant-says' });
      const before = Date.now();
      await replay(cluster, pod, statuses);
      const events = await toldOf(pod);
      assert.deepEqual(
        events.map(({ reason }) => reason),
        told.map(({ reason }) => reason),
      );
      for (const [index, event] of events.entries()) assertFilled(event, pod, workload, before, told[index] ?? {});
      assert.equal(new Set(events.map(({ event_id }) => event_id)).size, events.length);
    });
  }

  function assertFilled(
    event: WireEvent,
    pod: PodRef,
    workload: string,
    before: number,
    { container_name = 'main', ...told }: Partial<WireEvent>,
  ): void {
    assert.partialDeepStrictEqual(event, {
      type: 'failure',
      namespace: NAMESPACE,
      name: pod.name,
      container_name,
      project_id: 'p-17',
      owner_id: 'team-a',
      workload_kind: 'Deployment',
      workload_name: workload,
      labels: { app: workload, 'project-id': 'a-tenant-says' },
      node_name: 'node-1',
      ...told,
    });
    assert.match(event.event_id, /^\S{20,}$/);
    assert.match(event.incident_key, /^\S{20,}$/);
    assert.match(event.fingerprint, /^\S{20,}$/);
    assert.notEqual(event.message, '');
    assert.match(event.agent_version, /^\d+\.\d+\.\d+/);
    assert.equal(event.claimed_ids?.includes('project_id') ?? false, false, 'the namespace says whose it is');
    if (container_name !== '') assert.equal(event.container_role, 'app');
    const observedMs = Date.parse(event.observed_at);
    assert.ok(observedMs >= before - 1000 && observedMs <= Date.now(), event.observed_at);
  }

  test('CrashLoopBackOff covers the exit it follows, which is never told beside it', async () => {
    const pod = await createPod(cluster, NAMESPACE, { name: 'seen-late' });
    await replay(cluster, pod, recorded.crashLoop.slice(-1));
    const events = await toldOf(pod);
    assert.deepEqual(
      events.map(({ reason, covers }) => [reason, covers.length]),
      [['CrashLoopBackOff', 1]],
    );
    assert.match(events[0]?.message ?? '', /exit code 3/);
  });

  test('ImagePullBackOff is one failure however often it flips to ErrImagePull and back', async () => {
    const pod = await createPod(cluster, NAMESPACE, { name: 'flipping' });
    const [pull, backOff] = recorded.imagePull.slice(-2);
    await replay(cluster, pod, [backOff!, pull!, backOff!, pull!, backOff!]);
    const events = await toldOf(pod);
    assert.deepEqual(
      events.map(({ reason, message }) => [reason, /connection refused/.test(message)]),
      [['ImagePullBackOff', true]],
    );
  });

  test('of a pod of nobody has the pod itself as its workload, and what only the pod says of its owner is marked', async () => {
    await cluster.createNamespace('unlabelled');
    const pod = await createPod(cluster, 'unlabelled', { name: 'alone', labels: { 'owner-id': 'me' } });
    await replay(cluster, pod, recorded.missingConfigMap);
    const [event] = await toldOf(pod);
    assert.partialDeepStrictEqual(event, {
      workload_kind: 'Pod',
      workload_name: 'alone',
      project_id: '',
      owner_id: 'me',
      claimed_ids: ['owner_id'],
    });
  });

  test('of a healthy pod and of one that is deleted while it works is not told', async () => {
    const pod = await createPod(cluster, NAMESPACE, { name: 'well' });
    await replay(cluster, pod, recorded.crashLoop.slice(0, 3));
    await cluster.api('DELETE', `/api/v1/namespaces/${NAMESPACE}/pods/well?gracePeriodSeconds=0`);
    assert.deepEqual(await toldOf(pod), []);
  });

  test('is not needed to try the way: a test event arrives marked as one, under no pod of the cluster', async () => {
    const args = ['test-event', `--restate-url=${plane.url}`, `--cluster-id=${CLUSTER_ID}`];
    const { code, out, err } = await runWatcher(args);
    assert.equal(code, 0, `${out}${err}`);
    const marked = (await plane.received()).filter((event) => event.test === true);
    assert.equal(marked.length, 1);
    assert.ok(out.includes(marked[0]?.event_id ?? '-'));
  });

  test('of a failure is told by a second agent that starts later under the same event id, so that the plane has it once', async () => {
    const before = await plane.received();
    await using second = await startAgent({
      kubeconfig: cluster.kubeconfigPath,
      planeUrl: plane.url,
      clusterId: CLUSTER_ID,
    });
    await until(
      'the second agent has told all',
      async () => ((await second.metric('watcher_events_delivered_total')) ?? 0) > 0,
    );
    await until('and has nothing left', async () => (await second.metric('watcher_queue_depth')) === 0);
    const ids = new Set(before.map(({ event_id }) => event_id));
    const covered = new Set(before.flatMap(({ covers }) => covers));
    const more = (await plane.received()).filter(({ event_id }) => !ids.has(event_id) && !covered.has(event_id));
    assert.deepEqual(
      more.map(({ name, reason }) => [name, reason]),
      [],
    );
  });
});
