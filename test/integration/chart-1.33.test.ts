/** The chart on the oldest Kubernetes that is supported: each mode with all that is optional, valid to the last field. */
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { oldestKubernetes } from '../../internal/kubernetes/supported-versions.ts';
import { dryRun, podOf } from '../support/dry-run.ts';
import { findHelm, required } from '../support/helm.ts';

const machine = await clusterAvailability({ kubernetes: oldestKubernetes });
const found = await findHelm();
const skip = machine.available ? (found.available ? false : found.reason) : machine.reason;

describe(`the chart on Kubernetes ${oldestKubernetes}`, { skip, timeout: 300_000 }, () => {
  const { helm } = found as Extract<typeof found, { available: true }>;
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster({ kubernetes: oldestKubernetes }));
    await cluster.createNamespace('agents', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  });
  after(() => stack.disposeAsync());

  for (const mode of ['deployment', 'daemonset', 'statefulset']) {
    test(`is taken by the API server, its pods where Pod Security is restricted: ${mode}`, async () => {
      const optional = { podDisruptionBudget: { enabled: true }, dashboard: { enabled: true } };
      const settings = { watchNamespaceMode: 'all', enabledReasons: '*', eventContext: '*' };
      const networkPolicy = { enabled: true };
      const objects = await helm.render({ ...required, ...optional, networkPolicy, settings, mode });
      for (const object of objects) await dryRun(cluster, object);
      for (const workload of objects.filter(({ kind }) => kind.toLowerCase() === mode)) {
        await dryRun(cluster, podOf(workload));
      }
    });
  }
});
