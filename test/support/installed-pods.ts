/**
 * Real pods that fail on the node, each once, and the ids their failures must have: worked out from what the kubelet wrote,
 * by nobody who watched for the agent.
 */
import { eventId } from '../../internal/pipeline/identity.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';
import type { Cluster } from '../cluster/options.ts';
import type { PodObject } from './e2e-pod-watch.ts';
import { until } from './e2e-until.ts';

/** A burst of pods takes the kubelet some seconds. */
const FAILED_WITHIN_MS = 90_000;

/** Creates pods whose only container ends with 3, and resolves with the event ids of these ends when all have failed. */
export async function failForReal(
  cluster: Cluster,
  namespace: string,
  names: readonly string[],
  clusterId: string,
): Promise<string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const container = { name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent' };
  const spec = { restartPolicy: 'Never', containers: [{ ...container, command: ['sh', '-c', 'exit 3'] }] };
  for (const name of names) await cluster.api('POST', path, { metadata: { name }, spec });
  return until(
    `${names.join(', ')} failed`,
    async () => {
      const { items } = await cluster.api<{ items: PodObject[] }>('GET', path);
      const failed = items.filter(({ metadata, status }) => names.includes(metadata.name) && status.phase === 'Failed');
      return failed.length === names.length && failed.map((pod) => idOf(pod, clusterId));
    },
    FAILED_WITHIN_MS,
  );
}

function idOf({ metadata, status }: PodObject, clusterId: string): string {
  const containerId = status.containerStatuses?.[0]?.containerID ?? '';
  return eventId({
    clusterId,
    subject: `uid:${metadata.uid}`,
    container: { role: 'app', name: 'main' },
    occurrence: `exit:${containerId}`,
  });
}
