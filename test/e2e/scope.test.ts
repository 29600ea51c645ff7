/**
 * Which namespaces an agent tells of, on a real API server: one, those with a label as they come and go, or all, by one
 * watch of the cluster where rights allow it and by one of each namespace where they don't.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOnce, type PodRef } from '../support/e2e-workloads.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

/** Within this after its label changed, a namespace is in or out of scope. */
const PROMISED_MS = 2_000;
const LABEL = 'watcher.test/managed';

describe('an agent', { skip, timeout: 120_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster({ tokenUsers: [{ user: 'narrow' }] }));
  });
  after(() => stack.disposeAsync());

  let runs = 0;

  interface Run {
    readonly agent: RunningAgent;
    readonly plane: ScriptedIngress;
    /** Labels that bring a namespace into scope. */
    readonly managed: Readonly<Record<string, string>>;
    /** A name no other test uses. */
    readonly name: (namespace: string) => string;
  }

  async function byLabel(resources: AsyncDisposableStack, kubeconfig = cluster.kubeconfigPath): Promise<Run> {
    const value = `run-${++runs}`;
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const args = ['--watch-namespace-mode=label', `--managed-ns-label=${LABEL}=${value}`, '--batch-flush=100ms'];
    const agent = resources.use(await startAgent({ kubeconfig, planeUrl: plane.url, args }));
    return { agent, plane, managed: { [LABEL]: value }, name: (namespace) => `${namespace}-${value}` };
  }

  async function label(namespace: string, labels: Readonly<Record<string, string | null>>): Promise<number> {
    await cluster.api('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } });
    return performance.now();
  }

  function isTold(plane: ScriptedIngress, { uid }: PodRef): boolean {
    return executedEvents(plane).some(({ pod_uid }) => pod_uid === uid);
  }

  async function told({ agent, plane }: Run, pod: PodRef, withinMs?: number): Promise<void> {
    await agent.explained(until(`${pod.namespace}/${pod.name} is told`, () => isTold(plane, pod), withinMs));
  }

  test('begins to tell of a namespace within 2 s of its label, also of what goes on there already', async () => {
    await using resources = new AsyncDisposableStack();
    const run = await byLabel(resources);
    const shop = run.name('shop');
    await cluster.createNamespace(shop);
    const early = await failOnce(cluster, shop, 'early');
    assert.equal(isTold(run.plane, early), false);
    const labelled = await label(shop, run.managed);
    await told(run, early, PROMISED_MS - (performance.now() - labelled));
    await told(run, await failOnce(cluster, shop, 'later'));
    assert.equal(executedEvents(run.plane).length, 2);
  });

  test('tells of a namespace that is made with the label, and not of one with another value', async () => {
    await using resources = new AsyncDisposableStack();
    const run = await byLabel(resources);
    await cluster.createNamespace(run.name('other'), { [LABEL]: 'false' });
    const silent = await failOnce(cluster, run.name('other'), 'silent');
    await cluster.createNamespace(run.name('born'), run.managed);
    await told(run, await failOnce(cluster, run.name('born'), 'loud'), PROMISED_MS);
    assert.equal(isTold(run.plane, silent), false);
  });

  test('stops to tell of a namespace within 2 s of its lost label, and still delivers what is queued', async () => {
    await using resources = new AsyncDisposableStack();
    const run = await byLabel(resources);
    const { agent, plane, managed, name } = run;
    for (const namespace of ['kept', 'lost']) await cluster.createNamespace(name(namespace), managed);
    plane.always({ kind: 'answer', status: 503 });
    const queued = await failOnce(cluster, name('lost'), 'queued');
    await until('it is queued', async () => (await agent.metric('watcher_queue_depth')) === 1);
    const unlabelled = await label(name('lost'), { [LABEL]: null });
    const isOut = async (): Promise<boolean> => (await namespacesInScope(agent)) === 1;
    await agent.explained(until('it is out of scope', isOut, PROMISED_MS - (performance.now() - unlabelled)));
    const silent = await failOnce(cluster, name('lost'), 'silent');
    const marker = await failOnce(cluster, name('kept'), 'marker');
    plane.always(undefined);
    await told(run, marker);
    await told(run, queued);
    assert.equal(isTold(plane, silent), false);
  });

  test('tells of a namespace again that got its label back, and of nothing twice', async () => {
    await using resources = new AsyncDisposableStack();
    const run = await byLabel(resources);
    const shop = run.name('back');
    await cluster.createNamespace(shop, run.managed);
    const first = await failOnce(cluster, shop, 'first');
    await told(run, first);
    await label(shop, { [LABEL]: null });
    const between = await failOnce(cluster, shop, 'between');
    await label(shop, run.managed);
    await told(run, between);
    await told(run, await failOnce(cluster, shop, 'last'));
    assert.equal(executedEvents(run.plane).filter(({ pod_uid }) => pod_uid === first.uid).length, 1);
  });

  test('watches pods once for the whole cluster where it may, and says so', async () => {
    await using resources = new AsyncDisposableStack();
    const { agent } = await byLabel(resources);
    const plan = await agent.process.line(({ msg }) => /pod watch/.test(msg));
    assert.deepEqual([plan['plan'], plan['reason']], ['cluster', 'few-pods-spared']);
  });

  test('without rights to pods of the whole cluster watches each namespace it may, and says so', async () => {
    await using resources = new AsyncDisposableStack();
    await cluster.kubectl(['create', 'clusterrole', 'namespaces', '--verb=get,list,watch', '--resource=namespaces']);
    await cluster.kubectl(['create', 'clusterrolebinding', 'narrow', '--clusterrole=namespaces', '--user=narrow']);
    await cluster.kubectl(['create', 'clusterrole', 'pods', '--verb=get,list,watch', '--resource=pods']);
    const run = await byLabel(resources, cluster.kubeconfigFor('narrow'));
    const plan = await run.agent.process.line(({ msg }) => /pod watch/.test(msg));
    assert.deepEqual([plan['plan'], plan['reason']], ['namespaces', 'no-cluster-rights']);
    const mine = run.name('mine');
    await cluster.createNamespace(mine);
    await cluster.kubectl(['create', 'rolebinding', 'narrow', '--clusterrole=pods', '--user=narrow', '-n', mine]);
    await label(mine, run.managed);
    await told(run, await failOnce(cluster, mine, 'told'), 10_000);
  });

  test('of a single namespace tells of that one alone', async () => {
    await using resources = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    for (const namespace of ['single', 'another']) await cluster.createNamespace(namespace);
    const args = ['--watch-namespace-mode=single', '--watch-namespace=single'];
    const agent = resources.use(await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url, args }));
    const silent = await failOnce(cluster, 'another', 'silent');
    const loud = await failOnce(cluster, 'single', 'loud');
    await agent.explained(until('it is told', () => isTold(plane, loud)));
    assert.equal(isTold(plane, silent), false);
  });
});

/** As /readyz tells it. */
async function namespacesInScope(agent: RunningAgent): Promise<number | undefined> {
  const { body } = await agent.probe('/readyz');
  const detail = body.checks['watch']?.detail as { readonly namespaces?: { readonly count: number } } | undefined;
  return detail?.namespaces?.count;
}
