// The node of the test cluster: a real kubelet runs real containers, and nothing of them stays on the machine.
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nodeAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';
import { mountsBelow } from '../cluster/node/mounts.ts';
import type { Cluster } from '../cluster/options.ts';
import { isRunning } from '../cluster/process/identity.ts';
import { readNodeTraces } from '../cluster/run-dir.ts';

const machine = await nodeAvailability();
const skip = machine.available ? false : machine.reason;

interface ContainerStatus {
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly waiting?: { readonly reason: string }; readonly running?: object };
  readonly lastState: { readonly terminated?: { readonly exitCode: number } };
}

interface Pod {
  readonly metadata: { readonly uid: string };
  readonly status: { readonly phase: string; readonly containerStatuses?: readonly ContainerStatus[] };
}

function podRunning(name: string, script: string): object {
  const container = { name: 'main', image: BUSYBOX_IMAGE, command: ['sh', '-c', script] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container] } };
}

async function waitForPod(cluster: Cluster, name: string, isIt: (pod: Pod) => boolean): Promise<Pod> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const { items } = await cluster.api<{ items: Pod[] }>(
      'GET',
      `/api/v1/namespaces/default/pods?fieldSelector=metadata.name=${name}`,
    );
    const pod = items[0];
    if (pod !== undefined && isIt(pod)) return pod;
    assert.ok(performance.now() < deadline, `${name} stayed ${JSON.stringify(pod?.status)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isReady(pod: Pod): boolean {
  return pod.status.containerStatuses?.[0]?.ready ?? false;
}

function logLinksInto(dir: string): string[] {
  const place = '/var/log/containers';
  const links = existsSync(place) ? readdirSync(place).map((name) => path.join(place, name)) : [];
  return links.filter((link) => readlinkSync(link).startsWith(dir));
}

/** Everything on the machine that carries this cluster's name. */
function tracesOf(runDir: string, cgroup: string, bridge: string): string[] {
  const marked = globSync('/proc/[0-9]*/environ').filter((file) => {
    try {
      return readFileSync(file, 'utf8').includes(runDir);
    } catch {
      return false;
    }
  });
  const groups = [...globSync(`/sys/fs/cgroup${cgroup}`), ...globSync(`/sys/fs/cgroup/*${cgroup}`)];
  const bridges = Object.keys(networkInterfaces()).filter((name) => name === bridge);
  return [...marked, ...groups, ...bridges, ...mountsBelow(runDir), ...logLinksInto(runDir), ...globSync(runDir)];
}

describe('a node', { skip, timeout: 180_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ node: true });
  });
  after(() => cluster.stop());

  test('runs a healthy pod, whose log and shell can be reached', async () => {
    await cluster.api('POST', '/api/v1/namespaces/default/pods', podRunning('healthy', 'echo hello; sleep 3600'));
    const pod = await waitForPod(cluster, 'healthy', isReady);
    assert.equal(pod.status.phase, 'Running');
    assert.equal(await cluster.kubectl(['logs', 'healthy']), 'hello\n');
    assert.equal(await cluster.kubectl(['exec', 'healthy', '--', 'echo', 'inside']), 'inside\n');
  });

  test('shows a container that exits again and again as CrashLoopBackOff with its exit code', async () => {
    await cluster.api('POST', '/api/v1/namespaces/default/pods', podRunning('looping', 'exit 3'));
    const isLooping = ({ status }: Pod): boolean =>
      status.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff';
    const { status } = await waitForPod(cluster, 'looping', isLooping);
    assert.equal(status.containerStatuses?.[0]?.lastState.terminated?.exitCode, 3);
  });

  test('runs a static pod and shows it to the API server', async () => {
    const file = path.join(cluster.node!.staticPodDir, 'static.json');
    writeFileSync(file, JSON.stringify(podRunning('static', 'sleep 3600')));
    await waitForPod(cluster, 'static-node-1', isReady);
  });

  test('keeps containers running while its kubelet is away', async () => {
    const before = await waitForPod(cluster, 'healthy', isReady);
    await cluster.node!.stopKubelet();
    await cluster.node!.startKubelet();
    await cluster.api('POST', '/api/v1/namespaces/default/pods', podRunning('later', 'sleep 3600'));
    await waitForPod(cluster, 'later', isReady);
    const now = await waitForPod(cluster, 'healthy', isReady);
    assert.equal(now.metadata.uid, before.metadata.uid);
    assert.equal(now.status.containerStatuses?.[0]?.restartCount, 0);
  });

  test('leaves no process, mount, control group, bridge or log link on the machine', async () => {
    const { cgroup, bridge } = readNodeTraces(cluster.runDir)!;
    const processes = cluster.processes();
    assert.ok(tracesOf(cluster.runDir, cgroup, bridge).length > 10, 'or this test looks in the wrong places');
    await cluster.stop();
    assert.deepEqual(tracesOf(cluster.runDir, cgroup, bridge), []);
    for (const one of processes) assert.equal(isRunning(one.identity), false, one.name);
  });
});
