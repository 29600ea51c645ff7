/**
 * A real Kubernetes for the demo (test/cluster): with a kubelet that runs the pods where this machine can run one, else
 * its API server alone, on which recorded statuses are written. Where neither can be had, a problem that says why.
 */
import { clusterAvailability, nodeAvailability } from '../../test/cluster/availability.ts';
import { startCluster } from '../../test/cluster/cluster.ts';
import type { Cluster } from '../../test/cluster/options.ts';
import { AUDIT_POLICY } from './audit-log.ts';
import { nodeCluster } from './cluster-node.ts';
import { stagedCluster } from './cluster-staged.ts';
import type { ClusterParts, DemoCluster } from './demo-cluster.ts';
import { DemoProblem, wholeStory } from './problem.ts';

/** Starts it. Throws CLUSTER_MISSING, CLUSTER_FAILED. Building what is missing takes minutes, once a machine. */
export async function startReal({ clock }: ClusterParts): Promise<DemoCluster> {
  const node = await nodeAvailability();
  if (node.available) {
    const cluster = await started(() => startCluster({ node: true, auditPolicy: AUDIT_POLICY }));
    return nodeCluster(cluster, clock);
  }
  const plane = await clusterAvailability();
  if (!plane.available) throw new DemoProblem('CLUSTER_MISSING', plane.reason);
  const cluster = await started(() => startCluster());
  const note = `${cluster.url}, without a kubelet (${node.reason.replace('no real Kubernetes here: ', '')})`;
  return stagedCluster({
    clock,
    api: cluster.api,
    kubeconfig: cluster.kubeconfigPath,
    note,
    stop: () => cluster.stop(),
  });
}

async function started(start: () => Promise<Cluster>): Promise<Cluster> {
  try {
    return await start();
  } catch (cause) {
    throw new DemoProblem('CLUSTER_FAILED', wholeStory(cause), { cause });
  }
}
