/**
 * The context that a real kubelet leaves: events that tell a probe's kill from an own exit and say why a pod is stuck, and
 * the log of the container before.
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
const PODS = '/api/v1/namespaces/shop/pods';

const container = (script: string, fields: object = {}): object => ({
  ...{ name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...fields },
});
const failing = { exec: { command: ['sh', '-c', 'echo no database; exit 1'] }, periodSeconds: 1, failureThreshold: 1 };
const volume = { name: 'data', secret: { secretName: 'nowhere' } };

const pods: Record<string, object> = {
  own: {
    containers: [
      container('echo starting; echo password=hunter2-canary; sleep 2; echo no database; exit 3', {
        resources: { limits: { memory: '32Mi' } },
      }),
    ],
  },
  killed: { containers: [container('echo up; sleep 3600', { livenessProbe: { ...failing, initialDelaySeconds: 2 } })] },
  mounting: {
    volumes: [volume],
    containers: [container('sleep 3600', { volumeMounts: [{ name: 'data', mountPath: '/data' }] })],
  },
  unready: { containers: [container('sleep 3600', { readinessProbe: failing })] },
};

describe('on a real node, context', { skip, timeout: 420_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let ingress: ScriptedIngress;
  let agent: RunningAgent;
  before(async () => {
    cluster = stack.use(await startCluster({ node: true }));
    ingress = stack.adopt(await startScriptedIngress(), ({ stop }) => stop());
    await cluster.createNamespace('shop');
    const delays = ['--stuck-creating-after=20s', '--not-ready-after=20s', '--event-context-timeout=10s'];
    const args = ['--enabled-reasons=*', '--dedup-cooldown=5s', '--event-context=*', ...delays];
    agent = stack.use(await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: ingress.url, args }));
    for (const [name, spec] of Object.entries(pods)) {
      await cluster.api('POST', PODS, {
        ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name } },
        // With the default policy this node's kubelet warns at each look that it knows no DNS, and so spends the few events that
        // it sends of one pod (25 at once).
        spec: { dnsPolicy: 'Default', terminationGracePeriodSeconds: 1, ...spec },
      });
    }
  });
  after(() => stack.disposeAsync());

  function told(name: string, isIt: (event: WireEvent) => boolean): Promise<WireEvent> {
    const events = (): WireEvent[] => executedEvents(ingress).filter((event) => event.name === name);
    const waited = until(`${name} is told of`, () => events().find(isIt), 150_000);
    return agent.explained(
      waited.catch((error: unknown) => {
        throw new Error(`${String(error)}; told: ${JSON.stringify(events(), null, 1)}`);
      }),
    );
  }

  test('tells that a crash loop is the container’s own doing, and what it said last', async () => {
    const event = await told('own', (one) => one.reason === 'CrashLoopBackOff' && one.exit_cause !== 'unknown');
    assert.equal(event.exit_cause, 'own-exit');
    assert.equal(event.context?.log, 'starting\npassword=[redacted]\nno database');
    assert.deepEqual(event.context.limits, { memory: '32Mi' });
    assert.match(event.context.image_id ?? '', /sha256:/);
    assert.ok(event.context.events?.some(({ reason }) => reason === 'Started'));
    assert.equal(event.context.notes, undefined);
  });

  // Any exit, not the loop: this container runs about as long as this node's back-off, so whether it is ever seen waiting is chance.
  test('tells that a container was ended by its liveness probe, and what the probe said', async () => {
    const event = await told('killed', (one) => one.exit_cause !== undefined && one.exit_cause !== 'unknown');
    assert.equal(event.exit_cause, 'liveness-probe');
    assert.match(event.message, /Unhealthy: Liveness probe failed: .*no database/);
    assert.equal(event.context?.log, 'up');
  });

  test('tells which mount keeps a container from being created', async () => {
    const event = await told('mounting', ({ reason }) => reason === 'StuckCreating');
    assert.match(event.message, /ContainerCreating for more than 20s: FailedMount: .*secret "nowhere" not found/);
    assert.equal(event.context?.log, undefined);
  });

  test('tells which probe keeps a pod from being Ready', async () => {
    const event = await told('unready', ({ reason }) => reason === 'NotReady');
    assert.match(event.message, /Unhealthy: Readiness probe failed: .*no database/);
  });
});
