/**
 * The demo on a real kubelet: the manifests are applied, and what happens then is the kubelet's and the controllers' own.
 */
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import type { Cluster } from '../../test/cluster/options.ts';
import { collectionPath, failing, faultless } from '../../test/support/e2e-pods.ts';
import { readAuditLog } from './audit-log.ts';
import type { DemoCluster } from './demo-cluster.ts';
import { allExpectations, failures, NAMESPACE, silences, storefront } from './failures.ts';
import { Sightings } from './sighting.ts';

/** The kubelet looks for volumes over their limit only now and then: measured, 45 s from the start of the pod. */
const PATIENCE_MS = 120_000;

interface DeploymentStatus {
  readonly status: {
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

/** The cluster, with nothing in it yet. */
export function nodeCluster(cluster: Cluster, clock: Clock): DemoCluster {
  const sightings = new Sightings();
  return {
    flags: { kubeconfig: cluster.kubeconfigPath },
    note: `${cluster.url}, with a kubelet`,
    kubeconfig: cluster.kubeconfigPath,
    expectations: allExpectations,
    silences,
    patienceMs: PATIENCE_MS,
    happenedMs: (expectation) => {
      if (sightings.firstMs(expectation) === undefined) {
        readAuditLog(cluster.auditLogFile, allExpectations, sightings);
      }
      return sightings.firstMs(expectation);
    },
    play: (say, signal) => play(cluster, clock, say, signal),
    stop: () => cluster.stop(),
  };
}

async function play(cluster: Cluster, clock: Clock, say: (what: string) => void, signal: AbortSignal): Promise<void> {
  await cluster.createNamespace(NAMESPACE);
  for (const { name, what } of failures) {
    say(`${failing[name].metadata.name}: ${what}`);
    await cluster.api('POST', collectionPath(failing[name], NAMESPACE), failing[name]);
  }
  for (const { podPrefix, what } of silences) say(`${podPrefix}: ${what}`);
  await cluster.api('POST', collectionPath(faultless.completedJob, NAMESPACE), faultless.completedJob);
  await rollOut(cluster, clock, signal);
}

/** A Deployment that becomes available, gets another template, and is available again with no old pod left. */
async function rollOut(cluster: Cluster, clock: Clock, signal: AbortSignal): Promise<void> {
  const collection = collectionPath(storefront, NAMESPACE);
  const one = `${collection}/${storefront.metadata.name}`;
  const isDone = async (): Promise<boolean> => {
    const { status } = await cluster.api<DeploymentStatus>('GET', one);
    return [status.replicas, status.updatedReplicas, status.availableReplicas].every((count) => count === 2);
  };
  await cluster.api('POST', collection, storefront);
  while (!signal.aborted && !(await isDone())) await sleep(clock, 200, signal);
  const annotations = { 'watcher.test/rolled-out': 'again' };
  await cluster.api('PATCH', one, { spec: { template: { metadata: { annotations } } } });
  while (!signal.aborted && !(await isDone())) await sleep(clock, 200, signal);
}
