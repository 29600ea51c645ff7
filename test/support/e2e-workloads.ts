/**
 * Pods on a cluster that has an API server and nothing else: made as a Deployment's controllers would make them, and
 * brought into the states a real kubelet was recorded in, one status after the other.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster } from '../cluster/options.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';
import type { recordable } from './e2e-record.ts';

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A status as the API server takes it. */
export type PodStatus = Readonly<Record<string, unknown>>;

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string };
}

const file = path.join(import.meta.dirname, '../corpus/kubelet-1.36/statuses.json');
type Recordings = Readonly<Record<(typeof recordable)[number], readonly PodStatus[]>>;

/** What a kubelet wrote, in order, about each of the failing pods of e2e-pods.ts. */
export const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recordings;

/** The name of a ReplicaSet ends with this, and its pods carry it as a label. */
const TEMPLATE_HASH = '7d4b9c8f6d';
let pods = 0;

/** A pod of a Deployment, bound to a node that need not be there. */
export async function createDeploymentPod(
  cluster: Cluster,
  namespace: string,
  workload: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<PodRef> {
  const podLabels = { app: workload, 'pod-template-hash': TEMPLATE_HASH, ...labels };
  const template = { metadata: { labels: podLabels }, spec: podSpec() };
  const spec = { replicas: 1, selector: { matchLabels: { app: workload } }, template };
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const deployment = await cluster.api<Stored>('POST', `${apps}/deployments`, { metadata: { name: workload }, spec });
  const replicaSet = await cluster.api<Stored>('POST', `${apps}/replicasets`, {
    metadata: {
      name: `${workload}-${TEMPLATE_HASH}`,
      labels: podLabels,
      ownerReferences: [owner('Deployment', deployment)],
    },
    spec,
  });
  return createPod(cluster, namespace, {
    name: `${workload}-${TEMPLATE_HASH}-${(++pods).toString(36).padStart(5, 'x')}`,
    labels: podLabels,
    ownerReferences: [owner('ReplicaSet', replicaSet)],
  });
}

/** A pod of nobody's, or of whom its metadata says. */
export async function createPod(
  cluster: Cluster,
  namespace: string,
  metadata: { readonly name: string; readonly [field: string]: unknown },
): Promise<PodRef> {
  const pod = { metadata, spec: { ...podSpec(), nodeName: 'node-1' } };
  const { metadata: stored } = await cluster.api<Stored>('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
  return { namespace, name: stored.name, uid: stored.uid };
}

function podSpec(): object {
  return { containers: [{ name: 'main', image: BUSYBOX_IMAGE }] };
}

function owner(kind: string, { metadata: { name, uid } }: Stored): object {
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Writes recorded statuses, as if a kubelet wrote them now and of this pod alone. */
export async function replay(cluster: Cluster, pod: PodRef, statuses: readonly PodStatus[]): Promise<void> {
  for (const status of asOfNow(statuses, pod)) {
    await cluster.api('PATCH', `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/status`, { status });
  }
}

/** One failing pod, of a kind that leads to exactly one event; what it was asked to be called. */
export async function failOnce(cluster: Cluster, namespace: string, name: string): Promise<PodRef> {
  const pod = await createPod(cluster, namespace, { name });
  await replay(cluster, pod, recorded.missingConfigMap.slice(-1));
  return pod;
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/**
 * Times are moved so that the last of them is now; container ids, which no two pods share, become this pod's. The class of
 * service is left out: it follows from the spec, which is not that of the recorded pod.
 */
function asOfNow(statuses: readonly PodStatus[], { uid }: PodRef): PodStatus[] {
  const text = JSON.stringify(statuses, (key, value: unknown) => (key === 'qosClass' ? undefined : value));
  const latest = Math.max(...[...text.matchAll(TIME)].map(([time]) => Date.parse(time)));
  const shift = Date.now() - latest;
  const moved = text.replaceAll(TIME, (time) => `${new Date(Date.parse(time) + shift).toISOString().slice(0, 19)}Z`);
  const mark = uid.replaceAll('-', '');
  return JSON.parse(moved.replaceAll(/containerd:\/\/[0-9a-f]{32}/g, `containerd://${mark}`)) as PodStatus[];
}
