/**
 * Records what a real kubelet writes into the status of the failing pods of e2e-pods.ts, for tests without a node:
 *
 *   node test/support/e2e-record.ts
 *
 * Needs a machine that can run a node. A pod's statuses are kept whole and in the order they were written, from the first
 * that tells of a container to the one that was waited for; of those that say the same but for times, the first.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { collectionPath, failing } from './e2e-pods.ts';
import { watchPods, type PodObject } from './e2e-pod-watch.ts';

/** What is recorded. */
export const recordable = [
  'crashLoop',
  'imagePull',
  'missingConfigMap',
  'outOfMemory',
  'init',
  'job',
  'evicted',
] as const;
type Recordable = (typeof recordable)[number];

const isWaiting =
  (reason: string) =>
  ({ status }: PodObject): boolean =>
    status.containerStatuses?.[0]?.state.waiting?.reason === reason;

/** The state each recording ends with. */
const isLast: Record<Recordable, (pod: PodObject) => boolean> = {
  crashLoop: isWaiting('CrashLoopBackOff'),
  imagePull: isWaiting('ImagePullBackOff'),
  missingConfigMap: isWaiting('CreateContainerConfigError'),
  outOfMemory: ({ status }) => status.phase === 'Failed',
  init: ({ status }) => status.initContainerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
  job: ({ status }) => status.phase === 'Failed',
  evicted: ({ status }) => status.reason === 'Evicted',
};

async function record(cluster: Cluster, what: Recordable): Promise<string[]> {
  const manifest = failing[what];
  const statuses = new Map<string, string>();
  await using watch = await watchPods(cluster, 'default');
  await cluster.api('POST', collectionPath(manifest, 'default'), manifest);
  for await (const pod of watch.pods) {
    if (!pod.metadata.name.startsWith(manifest.metadata.name) || pod.status.containerStatuses === undefined) continue;
    const text = JSON.stringify(pod.status);
    const timeless = text.replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '');
    if (!statuses.has(timeless)) statuses.set(timeless, text);
    if (isLast[what](pod)) break;
  }
  process.stdout.write(`${what}: ${statuses.size} statuses\n`);
  return [...statuses.values()];
}

if (import.meta.main) {
  await using cluster = await startCluster({ node: true });
  const recordings: string[] = [];
  for (const what of recordable) {
    const statuses = await record(cluster, what);
    recordings.push(`  "${what}": [\n${statuses.map((status) => `    ${status}`).join(',\n')}\n  ]`);
  }
  const dir = path.join(import.meta.dirname, '../corpus/kubelet-1.36');
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'statuses.json'), `{\n${recordings.join(',\n')}\n}\n`);
}
