/**
 * States that last too long, on a real node with a real scheduler: each is told once, by its own name, after its delay,
 * and a pod that gets through them in time is not. In the end the kubelet is killed: its node is told, its pods are not.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { nodeAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await nodeAvailability();
const skip = machine.available ? false : machine.reason;

const NAMESPACE = 'shop';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

/**
 * Seconds. A busy machine takes its time to start a container or to say that its node is well. A gate is told late, so
 * that a gated pod can tell when everything else would have been.
 */
const DELAYS = Object.entries({
  ...{ 'stuck-pending': 45, unschedulable: 5, 'scheduling-gated': 25, 'stuck-creating': 45, 'stuck-init': 5 },
  ...{ 'not-ready': 15, 'stuck-terminating': 15, 'node-not-ready': 5 },
}).map(([name, seconds]) => `--${name}-after=${seconds}s`);

const container = (script: string, fields: object = {}): object => ({
  ...{ name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...fields },
});
const sleeping = container('sleep 3600');
const secret = { name: 'secret', secret: { secretName: 'nowhere' } };
const mounting = container('sleep 3600', { volumeMounts: [{ name: 'secret', mountPath: '/secret' }] });

/** By reason, a pod that gets into that state and stays there, and what its message says. */
const cases: Record<string, { readonly spec: object; readonly says: RegExp }> = {
  Unschedulable: { spec: { nodeSelector: { nobody: 'has-this' } }, says: /0\/1 nodes are available/ },
  SchedulingGated: { spec: { schedulingGates: [{ name: 'example.com/quota' }] }, says: /gate/i },
  StuckPending: { spec: { schedulerName: 'nobody' }, says: /no scheduler has looked at it/ },
  StuckCreating: { spec: { volumes: [secret], containers: [mounting] }, says: /container main is ContainerCreating/ },
  StuckInit: {
    spec: { initContainers: [{ ...container('sleep 3600'), name: 'migrate' }] },
    says: /init container migrate has not ended/,
  },
  NotReady: {
    spec: { containers: [container('sleep 3600', { readinessProbe: { exec: { command: ['false'] } } })] },
    says: /container main fails its readiness probe/,
  },
};

describe('on a real node, a state that lasts too long', { skip, timeout: 420_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let ingress: ScriptedIngress;
  let agent: RunningAgent;
  before(async () => {
    const extraControllerManagerArgs = ['--node-monitor-grace-period=20s', '--node-monitor-period=1s'];
    cluster = stack.use(await startCluster({ node: true, extraControllerManagerArgs }));
    ingress = stack.adopt(await startScriptedIngress(), ({ stop }) => stop());
    await cluster.createNamespace(NAMESPACE);
    agent = stack.use(
      await startAgent({
        kubeconfig: cluster.kubeconfigPath,
        planeUrl: ingress.url,
        args: ['--enabled-reasons=*', '--dedup-cooldown=1h', ...DELAYS],
      }),
    );
    await create('healthy', {});
    for (const [reason, { spec }] of Object.entries(cases)) await create(reason.toLowerCase(), spec);
    await create('held', {}, { finalizers: ['example.com/held'] });
  });
  after(() => stack.disposeAsync());

  async function create(name: string, spec: object, metadata: object = {}): Promise<void> {
    await cluster.api('POST', PODS, {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata } },
      spec: { terminationGracePeriodSeconds: 0, containers: [sleeping], ...spec },
    });
  }

  const toldOf = (name: string): WireEvent[] => executedEvents(ingress).filter((event) => event.name === name);

  async function firstOf(name: string): Promise<WireEvent> {
    return agent.explained(until(`${name} is told of`, () => toldOf(name)[0], 120_000));
  }

  for (const [reason, { says }] of Object.entries(cases)) {
    test(`is ${reason}`, async () => {
      const event = await firstOf(reason.toLowerCase());
      assert.deepEqual([event.reason, event.severity, event.type], [reason, 'warning', 'failure']);
      assert.match(event.message, says);
      const lastedMs = Date.parse(event.observed_at) - Date.parse(event.occurred_at ?? '');
      assert.ok(lastedMs >= 5_000 && lastedMs < 120_000, `told after ${lastedMs} ms`);
    });
  }

  test('is StuckTerminating where a finalizer holds what was deleted', async () => {
    await cluster.api('DELETE', `${PODS}/held`);
    const event = await firstOf('held');
    assert.equal(event.reason, 'StuckTerminating');
    assert.match(event.message, /a finalizer holds it/);
  });

  test('is that of a node whose kubelet was killed; its pods are named there and told nothing of', async () => {
    const before = executedEvents(ingress).length;
    await cluster.node?.stopKubelet();
    const event = await firstOf('node-1');
    assert.deepEqual([event.reason, event.severity, event.workload_kind], ['NodeNotReady', 'critical', 'Node']);
    assert.match(event.message, /^node node-1 is not Ready: NodeStatusUnknown.*shop\/healthy/);
    await create('last', cases['SchedulingGated']?.spec ?? {});
    await firstOf('last');
    const others = executedEvents(ingress).slice(before);
    assert.deepEqual(
      others.map(({ name, reason }) => `${name} ${reason}`),
      ['node-1 NodeNotReady', 'last SchedulingGated'],
    );
  });

  test('is told once, and nothing is told of a pod that is well', () => {
    const told = executedEvents(ingress).map(({ name, reason }) => `${name} ${reason}`);
    const expected = Object.keys(cases).map((reason) => `${reason.toLowerCase()} ${reason}`);
    const more = ['held StuckTerminating', 'node-1 NodeNotReady', 'last SchedulingGated'];
    assert.deepEqual(told.toSorted(), [...expected, ...more].toSorted());
  });
});
