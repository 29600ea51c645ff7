/**
 * How an agent ends, and what it shows while it runs: probes, metrics and the audit log as the contract has them, an
 * orderly end in its order and within its deadline, and an immediate one for who asks twice.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import type { LogLine } from '../support/agent-process.ts';
import { RunningAgent, startAgent } from '../support/e2e-agent.ts';
import { deliveryAttempts, eventsIn, executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { createPod, failOnce, recorded, replay } from '../support/e2e-workloads.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

interface Lease {
  readonly spec: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number };
}

describe('an agent', { skip, timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster());
  });
  after(() => stack.disposeAsync());

  let runs = 0;

  /** An agent that watches a namespace of its own, and its plane. */
  async function running(
    resources: AsyncDisposableStack,
    args: readonly string[] = [],
    dataDir?: string,
  ): Promise<{ agent: RunningAgent; plane: ScriptedIngress; namespace: string }> {
    const namespace = `run-${++runs}`;
    await cluster.createNamespace(namespace);
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const agent = await startAgent({
      kubeconfig: cluster.kubeconfigPath,
      planeUrl: plane.url,
      args: ['--watch-namespace-mode=single', `--watch-namespace=${namespace}`, '--restate-timeout=1s', ...args],
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    return { agent: resources.use(agent), plane, namespace };
  }

  /** Failures the agent has seen while the plane took nothing. */
  async function queued(
    agent: RunningAgent,
    namespace: string,
    names: readonly string[],
    depth = names.length,
  ): Promise<void> {
    for (const name of names) await failOnce(cluster, namespace, name);
    await until('all are queued', async () => (await agent.metric('watcher_queue_depth')) === depth);
  }

  test('answers its probes as JSON and its metrics as text, under the names of the contract', async () => {
    await using resources = new AsyncDisposableStack();
    const { agent, namespace } = await running(resources);
    for (const place of ['/livez', '/healthz', '/readyz'] as const) {
      const { status, body } = await agent.probe(place);
      assert.equal(status, 200);
      assert.equal(body.status, 'ok');
      assert.ok(Object.keys(body.checks).length > 0, `${place} names no check`);
      for (const check of Object.values(body.checks)) assert.equal(typeof check.ok, 'boolean');
    }
    await failOnce(cluster, namespace, 'counted');
    await until('it is delivered', async () => (await agent.metric('watcher_events_delivered_total')) === 1);
    const reason = 'CreateContainerConfigError';
    assert.equal(await agent.metric('watcher_events_total', { type: 'Modified', reason, namespace }), 1);
    assert.ok(((await agent.metric('watcher_restate_requests_total', { code: '200' })) ?? 0) > 0);
    for (const name of ['watcher_reconnects_total', 'watcher_queue_depth', 'watcher_events_deduped_total']) {
      assert.equal(await agent.metric(name), 0, name);
    }
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
      assert.ok((await agent.metric(name)) !== undefined, name);
    }
    assert.equal((await agent.get('/debug/pprof/')).status, 404, 'profiles are off');
  });

  test('writes an audit line for each event delivered, with the hash of the event as the plane received it', async () => {
    await using resources = new AsyncDisposableStack();
    const { agent, plane, namespace } = await running(resources);
    for (const name of ['one', 'two', 'three']) await failOnce(cluster, namespace, name);
    await until('all are delivered', () => executedEvents(plane).length === 3);
    for (const attempt of deliveryAttempts(plane)) {
      for (const event of eventsIn(attempt.body)) {
        const line = await agent.process.line(isAuditOf(event.event_id));
        const { delivery_status, namespace: where, pod, phase, payload_hash } = line;
        assert.deepEqual([delivery_status, where, pod, phase], ['delivered', namespace, event.name, 'Pending']);
        assert.equal(payload_hash, createHash('sha256').update(JSON.stringify(event)).digest('hex'));
        assert.ok(attempt.body.includes(JSON.stringify(event)), 'or the hash was not of what was sent');
      }
    }
    assert.equal(agent.process.lines.filter(({ msg }) => msg === 'AUDIT EVENT').length, 3);
  });

  test('told to stop delivers what is queued, each pod in its order, gives the Lease back and exits with 0', async () => {
    await using resources = new AsyncDisposableStack();
    const { agent, plane, namespace } = await running(resources, ['--leader-elect=true', '--pod-namespace=default']);
    await until('the Lease is held', async () => ((await readLease()).spec.holderIdentity ?? '') !== '');
    assert.equal((await readLease()).spec.leaseDurationSeconds, 15);
    plane.always({ kind: 'answer', status: 503 });
    const looping = await createPod(cluster, namespace, { name: 'looping' });
    await replay(cluster, looping, recorded.crashLoop);
    await queued(agent, namespace, ['one', 'two', 'three'], 5);
    plane.always(undefined);
    assert.deepEqual(await agent.process.stop('SIGTERM'), { code: 0, signal: null });
    const told = executedEvents(plane).map(({ name, reason }) => ({ name, reason }));
    assert.deepEqual(told.map(({ name }) => name).sort(), ['looping', 'looping', 'one', 'three', 'two']);
    assert.deepEqual(
      told.filter(({ name }) => name === 'looping').map(({ reason }) => reason),
      ['Error', 'CrashLoopBackOff'],
    );
    assert.equal((await readLease()).spec.holderIdentity ?? '', '');
    assert.deepEqual(
      agent.process.lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('whose plane takes nothing exits with 0 within its deadline, and the next one on its data delivers all', async () => {
    await using resources = new AsyncDisposableStack();
    const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-e2e-'));
    resources.defer(() => rmSync(dataDir, { recursive: true, force: true }));
    const { agent, plane, namespace } = await running(resources, ['--drain-timeout=1s'], dataDir);
    plane.always({ kind: 'hang' });
    await queued(agent, namespace, ['kept', 'as-well']);
    const begun = performance.now();
    assert.deepEqual(await agent.process.stop('SIGTERM'), { code: 0, signal: null });
    assert.ok(performance.now() - begun < 5_000, `it took ${performance.now() - begun} ms`);
    const attempted = new Set(deliveryAttempts(plane).flatMap(({ body }) => eventsIn(body).map((one) => one.event_id)));
    plane.always(undefined);
    for (const name of ['kept', 'as-well']) await cluster.api('DELETE', podPath(namespace, name));
    resources.use(
      await startAgent({
        kubeconfig: cluster.kubeconfigPath,
        planeUrl: plane.url,
        args: ['--watch-namespace-mode=single', `--watch-namespace=${namespace}`],
        dataDir,
      }),
    );
    await until('all are delivered', () => executedEvents(plane).length === 2);
    const events = executedEvents(plane);
    assert.deepEqual(events.map(({ name }) => name).sort(), ['as-well', 'kept']);
    for (const id of attempted) assert.ok(events.some(({ event_id }) => event_id === id));
  });

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`told twice to stop by ${signal} exits at once with ${code}`, async () => {
      await using resources = new AsyncDisposableStack();
      const { agent, plane, namespace } = await running(resources, ['--drain-timeout=1m']);
      plane.always({ kind: 'hang' });
      await queued(agent, namespace, ['stuck']);
      process.kill(agent.process.pid, signal);
      await agent.process.line(({ msg }) => msg.startsWith('stopping'));
      const begun = performance.now();
      assert.deepEqual(await agent.process.stop(signal), { code, signal: null });
      assert.ok(performance.now() - begun < 1_000, `it took ${performance.now() - begun} ms`);
    });
  }

  test('told to stop while it starts ends in order, with 0', async () => {
    await using resources = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const agent = resources.use(new RunningAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url }));
    await agent.process.line('watcher starts');
    assert.deepEqual(await agent.process.stop('SIGTERM'), { code: 0, signal: null });
    assert.ok(agent.process.lines.some(({ msg }) => msg === 'stopped'));
  });

  function readLease(): Promise<Lease> {
    return cluster.api('GET', '/apis/coordination.k8s.io/v1/namespaces/default/leases/watcher-leader-lock');
  }
});

function isAuditOf(eventId: string): (line: LogLine) => boolean {
  return (line) => line.msg === 'AUDIT EVENT' && line['event_id'] === eventId;
}

function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`;
}
