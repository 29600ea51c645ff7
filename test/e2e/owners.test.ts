/**
 * Attempts of a Job on a real node with real controllers: news while retries are left, trouble in the end, and told of
 * the CronJob behind it; without the rights to ask, told as they always were.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { nodeAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await nodeAvailability();
const skip = machine.available ? false : machine.reason;
const JOBS = '/apis/batch/v1/namespaces/shop';

const podSpec = {
  ...{ restartPolicy: 'Never', terminationGracePeriodSeconds: 0 },
  containers: [{ name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent', command: ['false'] }],
};
const jobSpec = { backoffLimit: 2, template: { spec: podSpec } };

describe('a Job that fails', { skip, timeout: 300_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster({ node: true, tokenUsers: [{ user: 'pods-only' }] }));
    await cluster.createNamespace('shop');
    const rights = ['--verb=get,list,watch', '--resource=pods,namespaces'];
    await cluster.kubectl(['create', 'clusterrole', 'pods-only', ...rights]);
    await cluster.kubectl(['create', 'clusterrolebinding', 'pods-only', '--clusterrole=pods-only', '--user=pods-only']);
  });
  after(() => stack.disposeAsync());

  /** Two agents look at the same Job: the administrator's and one that may not read Jobs. */
  test('is told as info while it tries again and as what it is in the end, where Jobs may be read', async () => {
    await using run = new AsyncDisposableStack();
    const agentOf = async (kubeconfig: string) => {
      const ingress = run.adopt(await startScriptedIngress(), (one) => one.stop());
      const args = ['--min-severity=info', '--enabled-reasons=*', '--leader-elect=false'];
      const agent = run.use(await startAgent({ kubeconfig, planeUrl: ingress.url, args }));
      return { agent, told: (): WireEvent[] => executedEvents(ingress).filter(({ reason }) => reason === 'Error') };
    };
    const knowing = await agentOf(cluster.kubeconfigPath);
    const blind = await agentOf(cluster.kubeconfigFor('pods-only'));
    const cronJob = await cluster.api<{ metadata: { uid: string } }>('POST', `${JOBS}/cronjobs`, {
      metadata: { name: 'nightly' },
      spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: jobSpec } },
    });
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: cronJob.metadata.uid };
    const metadata = { name: 'by-hand', ownerReferences: [{ ...owner, controller: true }] };
    await cluster.api('POST', `${JOBS}/jobs`, { metadata, spec: jobSpec });

    const three = (events: WireEvent[]) => (events.length >= 3 ? events : undefined);
    const told = await knowing.agent.explained(until('three attempts', () => three(knowing.told()), 150_000));
    assert.deepEqual([told[0]?.severity, told[2]?.severity], ['info', 'warning']);
    const workloads = new Set(told.map(({ workload_kind: kind, workload_name: name }) => `${kind} ${name}`));
    assert.deepEqual([...workloads], ['CronJob nightly']);

    const toldBlindly = await blind.agent.explained(until('three attempts', () => three(blind.told()), 30_000));
    assert.deepEqual([...new Set(toldBlindly.map(({ severity }) => severity))], ['warning']);
    const idsOf = (events: WireEvent[]) => events.map(({ event_id, fingerprint }) => `${event_id} ${fingerprint}`);
    assert.deepEqual(idsOf(toldBlindly).sort(), idsOf(told).sort(), 'ids and fingerprints do not depend on rights');
  });
});
