// Two agents share one real cluster by shards: each leads for its own, together they tell of every pod once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { shardOf } from '../../internal/kubernetes/scope-shard.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOnce, type PodRef } from '../support/e2e-workloads.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

interface Lease {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly holderIdentity?: string };
}

describe('two shards', { skip, timeout: 120_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  test('hold a Lease each, and tell of every pod once, each of its own', async () => {
    await cluster.createNamespace('shop');
    await using stack = new AsyncDisposableStack();
    const planes = [await startScriptedIngress(), await startScriptedIngress()];
    for (const plane of planes) stack.defer(() => plane.stop());
    const agents: RunningAgent[] = [];
    for (const [index, { url }] of planes.entries()) {
      const args = [`--shard=${index}/2`, '--leader-elect=true', '--lease-name=lock', '--batch-flush=100ms'];
      agents.push(stack.use(await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: url, args })));
    }
    for (const agent of agents) await until('it leads', async () => (await agent.metric('watcher_leading')) === 1);
    const { items } = await cluster.api<{ items: Lease[] }>('GET', '/apis/coordination.k8s.io/v1/leases');
    const ours = items.filter(({ metadata }) => metadata.name.startsWith('lock'));
    assert.deepEqual(ours.map(({ metadata }) => metadata.name).toSorted(), ['lock-shard-0-of-2', 'lock-shard-1-of-2']);

    const failed: PodRef[] = [];
    for (let index = 0; index < 24; index++) failed.push(await failOnce(cluster, 'shop', `pod-${index}`));
    const told = (): string[][] => planes.map((plane) => executedEvents(plane).map((event) => event.pod_uid));
    await until('all are told', () => told().flat().length >= failed.length);
    for (const [index, uids] of told().entries()) {
      const expected = failed.filter(({ uid }) => shardOf(uid, 2) === index).map(({ uid }) => uid);
      assert.deepEqual(uids.toSorted(), expected.toSorted());
      assert.equal(await agents[index]?.metric('watcher_pods'), expected.length);
    }
  });
});
