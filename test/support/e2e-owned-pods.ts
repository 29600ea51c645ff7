/** Failing pods of each kind of workload, on a cluster that has no controllers: the owner is made, and a pod that names it. */
import type { Cluster } from '../cluster/options.ts';
import { createDeploymentPod, createPod, recorded, replay, type PodRef } from './e2e-workloads.ts';

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
}

type OwnerKind = 'ReplicaSet' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob';

/** A pod of a ReplicaSet whose name does not say whose it is, and one of a Job of a CronJob. */
export async function failReplicaSetAndJob(cluster: Cluster, namespace: string, name: string): Promise<PodRef[]> {
  const cronJob = await makeOwner(cluster, namespace, 'CronJob', `backup-${name}`);
  const job = await makeOwner(cluster, namespace, 'Job', `backup-${name}-29000000`, cronJob);
  const replicaSet = await makeOwner(cluster, namespace, 'ReplicaSet', `web-${name}`);
  return [await failPodOf(cluster, namespace, job), await failPodOf(cluster, namespace, replicaSet)];
}

/** One of each of the others. */
export async function failOtherKinds(cluster: Cluster, namespace: string, name: string): Promise<PodRef[]> {
  const deployed = await createDeploymentPod(cluster, namespace, `deployed-${name}`);
  await replay(cluster, deployed, recorded.crashLoop);
  const pods = [deployed];
  for (const kind of ['StatefulSet', 'DaemonSet'] as const) {
    pods.push(await failPodOf(cluster, namespace, await makeOwner(cluster, namespace, kind, `other-${name}`)));
  }
  return pods;
}

/** A Job's pod must fail in a way that no retry mends, or it is an attempt; what crashes has a log to be read. */
async function failPodOf(cluster: Cluster, namespace: string, owner: Owner): Promise<PodRef> {
  const name = `${owner.kind.toLowerCase()}-${owner.name}-1`;
  const pod = await createPod(cluster, namespace, { name, ownerReferences: [owner] });
  await replay(cluster, pod, owner.kind === 'Job' ? recorded.missingConfigMap.slice(-1) : recorded.crashLoop);
  return pod;
}

async function makeOwner(
  cluster: Cluster,
  namespace: string,
  kind: OwnerKind,
  name: string,
  of?: Owner,
): Promise<Owner> {
  const apiVersion = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  const path = `/apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s`;
  const metadata = { name, ...(of === undefined ? {} : { ownerReferences: [of] }) };
  const made = await cluster.api<{ metadata: { uid: string } }>('POST', path, { metadata, spec: specOf(kind, name) });
  return { apiVersion, kind, name, uid: made.metadata.uid, controller: true };
}

function specOf(kind: OwnerKind, app: string): object {
  const containers = [{ name: 'main', image: 'nowhere/app:1' }];
  const job = { template: { spec: { restartPolicy: 'Never', containers } } };
  const selected = {
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: { containers } },
  };
  switch (kind) {
    case 'CronJob':
      return { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: job } };
    case 'Job':
      return job;
    case 'StatefulSet':
      return { ...selected, serviceName: app };
    case 'ReplicaSet':
    case 'DaemonSet':
      return selected;
  }
}
