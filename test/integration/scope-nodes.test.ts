// One agent a node on a real API server: what its watches bring, and who tells of what no other agent tells of.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { PodWatchesRig } from '../support/pod-watches-rig.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const stuck = {
  ...{ name: 'app', image: '', imageID: '', ready: false, restartCount: 0 },
  state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } },
};

describe('one agent a node', { skip, timeout: 240_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  /** A failing pod; without a node where none is named. */
  async function failing(namespace: string, name: string, nodeName?: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const spec = {
      containers: [{ name: 'app', image: 'nowhere/app:1' }],
      ...(nodeName === undefined ? {} : { nodeName }),
    };
    await cluster.api('POST', path, { metadata: { name }, spec });
    const status = { phase: 'Pending', containerStatuses: [stuck] };
    await cluster.api('PATCH', `${path}/${name}/status`, { status });
  }

  async function node(name: string, ready: 'True' | 'False'): Promise<void> {
    await cluster.api('POST', '/api/v1/nodes', { metadata: { name } }).catch(() => undefined);
    const conditions = [{ type: 'Ready', status: ready, reason: 'Test', message: '' }];
    await cluster.api('PATCH', `/api/v1/nodes/${name}/status`, { status: { conditions } });
  }

  test('brings its own pods, and to the leader those without a node and those of nodes that are not Ready', async () => {
    const namespace = 'watched';
    await cluster.createNamespace(namespace);
    for (const name of ['mine', 'other']) await node(name, 'True');
    await failing(namespace, 'here', 'mine');
    await failing(namespace, 'there', 'other');
    await failing(namespace, 'nowhere');
    const scope = { mode: 'single', namespace } as const;
    await using rig = new PodWatchesRig(cluster.kubeconfigPath, scope, { nodeName: 'mine' });
    await rig.tells('synced');
    assert.deepEqual(rig.take(), ['watched/here added initial']);

    rig.watches.lead(true);
    await rig.tells('watched/nowhere added initial');
    await rig.until(() => rig.watches.describe().leader?.state === 'watching', 'nodes');
    await node('other', 'False');
    await rig.tells('watched/there added initial');
    await node('other', 'True');
    await rig.tells('watched/there left initial');
    rig.take();

    const binding = { metadata: { name: 'nowhere' }, target: { kind: 'Node', name: 'other' } };
    await cluster.api('POST', `/api/v1/namespaces/${namespace}/pods/nowhere/binding`, binding);
    await rig.tells('watched/nowhere left watch');
    await failing(namespace, 'withdrawn');
    await rig.until(() => rig.told.some((words) => words.startsWith('watched/withdrawn modified')), 'withdrawn');
    await cluster.kubectl(['-n', namespace, 'delete', 'pod', 'withdrawn', '--wait=false']);
    await rig.tells('watched/withdrawn left watch');
    await cluster.kubectl(['-n', namespace, 'delete', 'pod', 'here', '--force', '--grace-period=0']);
    await rig.tells('watched/here deleted watch');
    assert.ok(!rig.log.some(({ msg }) => msg.includes('asking for JSON')), 'all of it as protobuf');
  });

  test('each tells of its own node, one of the rest, and the next one when that one dies', async () => {
    const namespace = 'told';
    await cluster.createNamespace(namespace);
    for (const name of ['node-a', 'node-b']) await node(name, 'True');
    await using stack = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    stack.defer(() => plane.stop());
    const agentOf = async (nodeName: string): Promise<RunningAgent> => {
      const times = ['--lease-duration=4s', '--lease-renew-deadline=3s', '--lease-retry=500ms'];
      const args = [`--node-name=${nodeName}`, '--leader-elect=true', '--batch-flush=100ms', ...times];
      return stack.use(await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url, args }));
    };
    const told = (name: string): number => executedEvents(plane).filter((event) => event.name === name).length;
    const tells = async (name: string): Promise<void> => {
      await until(`${name} is told`, () => told(name) === 1, 20_000);
    };
    const a = await agentOf('node-a');
    await until('a leads', async () => (await a.metric('watcher_leading')) === 1);
    const b = await agentOf('node-b');
    await failing(namespace, 'on-a', 'node-a');
    await failing(namespace, 'on-b', 'node-b');
    await failing(namespace, 'on-none');
    for (const name of ['on-a', 'on-b', 'on-none']) await tells(name);
    assert.equal(await b.metric('watcher_leading'), 0);

    process.kill(a.process.pid, 'SIGKILL');
    await failing(namespace, 'on-none-later');
    await failing(namespace, 'on-a-later', 'node-a');
    await tells('on-none-later');
    assert.equal(await b.metric('watcher_leading'), 1);
    assert.equal(told('on-a-later'), 0, 'its node is Ready: its own agent will tell');
    await node('node-a', 'False');
    await tells('on-a-later');
    for (const name of ['on-a', 'on-b', 'on-none']) {
      const ids = executedEvents(plane)
        .filter((event) => event.name === name)
        .map((event) => event.event_id);
      assert.equal(new Set(ids).size, 1, `${name} under one id, told ${ids.length} times`);
    }
  });
});
