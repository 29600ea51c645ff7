/**
 * Deployments and Jobs as far as pods show them: names, labels and owner references, and the ReplicaSet or Job object that
 * a look-up of the owner finds. Names are the same for the same words.
 */
import type { Clock } from '../../../internal/platform/clock.ts';
import type { ObjectStore } from './object-store.ts';
import { timestamp, type OwnerReference } from './objects.ts';
import { hash, nameSuffix, uidOf, type ContainerTemplate, type PodTemplate } from './pod-template.ts';
import { jobs, replicaSets } from './resources.ts';

export interface WorkloadWishes {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly ContainerTemplate[];
  readonly initContainers?: readonly ContainerTemplate[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly graceSeconds?: number;
}

/** Makes the pod of a Deployment, and its ReplicaSet. `replica` tells pods of one Deployment apart. */
export function deploymentPod(store: ObjectStore, clock: Clock, wishes: WorkloadWishes, replica = 0): PodTemplate {
  const { namespace, name, labels = {} } = wishes;
  const revision = nameSuffix(10, name, hash(JSON.stringify(wishes.containers)));
  const deployment = ownerOf('apps/v1', 'Deployment', name, uidOf('deployment', namespace, name));
  const set = ownerOf('apps/v1', 'ReplicaSet', `${name}-${revision}`, uidOf('replicaset', namespace, name, revision));
  const podLabels = { app: name, ...labels, 'pod-template-hash': revision };
  store.put(replicaSets, {
    metadata: {
      name: set.name,
      namespace,
      uid: set.uid,
      generation: 1,
      creationTimestamp: timestamp(clock.now()),
      labels: podLabels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [deployment],
    },
    spec: { replicas: 1, selector: { matchLabels: { app: name, 'pod-template-hash': revision } } },
    status: { replicas: 1, fullyLabeledReplicas: 1, observedGeneration: 1 },
  });
  return template(wishes, set, podLabels, replica, 'Always');
}

/** Makes the pod of a Job's attempt, and the Job. */
export function jobPod(
  store: ObjectStore,
  clock: Clock,
  wishes: WorkloadWishes & { readonly backoffLimit: number },
  attempt = 0,
): PodTemplate {
  const { namespace, name, labels = {} } = wishes;
  const job = ownerOf('batch/v1', 'Job', name, uidOf('job', namespace, name));
  const own = { 'batch.kubernetes.io/controller-uid': job.uid, 'batch.kubernetes.io/job-name': name };
  const podLabels = { ...labels, ...own, 'controller-uid': job.uid, 'job-name': name };
  const startTime = timestamp(clock.now());
  if (store.get(jobs, name, namespace) === undefined) {
    store.put(jobs, {
      metadata: { name, namespace, uid: job.uid, generation: 1, creationTimestamp: startTime, labels: podLabels },
      spec: { parallelism: 1, completions: 1, backoffLimit: wishes.backoffLimit, completionMode: 'NonIndexed' },
      status: { startTime, active: 1, terminating: 0, uncountedTerminatedPods: {}, ready: 0 },
    });
  }
  return template(wishes, job, podLabels, attempt, 'Never');
}

export type JobEnd = { readonly type: 'Failed' | 'Complete'; readonly reason: string; readonly message: string };

/** The Job's controller gives it up, or counts it as done. */
export function endJob(store: ObjectStore, clock: Clock, namespace: string, name: string, end: JobEnd): void {
  const now = timestamp(clock.now());
  const condition = { status: 'True', lastProbeTime: now, lastTransitionTime: now, reason: end.reason };
  store.modify(jobs, name, namespace, (body) => ({
    ...body,
    status: {
      conditions: [{ type: end.type, ...condition, message: end.message }],
      startTime: body.metadata.creationTimestamp,
      ...(end.type === 'Complete' ? { completionTime: now, succeeded: 1 } : { failed: 1 }),
      terminating: 0,
      uncountedTerminatedPods: {},
      ready: 0,
    },
  }));
}

function ownerOf(apiVersion: string, kind: string, name: string, uid: string): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function template(
  wishes: WorkloadWishes,
  owner: OwnerReference,
  labels: Readonly<Record<string, string>>,
  number: number,
  restartPolicy: PodTemplate['restartPolicy'],
): PodTemplate {
  const { namespace, containers, initContainers = [], graceSeconds = 30 } = wishes;
  const name = `${owner.name}-${nameSuffix(5, owner.uid, number)}`;
  const uid = uidOf('pod', namespace, name);
  return { namespace, name, uid, owner, labels, containers, initContainers, restartPolicy, graceSeconds };
}
