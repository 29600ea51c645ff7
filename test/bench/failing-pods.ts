/**
 * Pods on a real API server that fail at a steady rate, each once: the status of each is what a real kubelet wrote. The
 * rate is kept whatever the answers take (open loop), so that a slow server doesn't hide its own slowness.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { recordings } from '../../cmd/demo/recordings.ts';
import { Replay } from '../../cmd/demo/replay.ts';
import type { Cluster } from '../cluster/options.ts';
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';

/** When one pod failed, in wall-clock Ms. The API server accepted it in between. */
export interface FailedPod {
  readonly name: string;
  readonly askedMs: number;
  readonly answeredMs: number;
}

const COLLECTION = '/api/v1/namespaces/default/pods';
const AT_ONCE = 8;

/** Finer than Date.now(), and on its scale. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Makes pods that do nothing yet; their uids by name. */
export async function createPods(cluster: Cluster, prefix: string, count: number): Promise<Map<string, string>> {
  const uids = new Map<string, string>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const name = `${prefix}-${next++}`;
      const spec = { nodeName: 'node-1', containers: [{ name: 'main', image: BUSYBOX_IMAGE }] };
      const { metadata } = await cluster.api<{ metadata: { uid: string } }>('POST', COLLECTION, {
        metadata: { name },
        spec,
      });
      uids.set(name, metadata.uid);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return uids;
}

/** Lets them fail, one every `gapMs`. */
export async function failOneByOne(
  cluster: Cluster,
  pods: ReadonlyMap<string, string>,
  gapMs: number,
): Promise<FailedPod[]> {
  const startedMs = performance.now();
  const failing = [...pods].map(async ([name, uid], index) => {
    await sleep(Math.max(0, startedMs + index * gapMs - performance.now()));
    return failPod(cluster, name, uid);
  });
  return Promise.all(failing);
}

async function failPod(cluster: Cluster, name: string, uid: string): Promise<FailedPod> {
  const [recorded = {}] = recordings.missingConfigMap.slice(-1);
  const status = new Replay(uid).next(recorded, Date.now());
  const askedMs = wallMs();
  await cluster.api('PATCH', `${COLLECTION}/${name}/status`, { status });
  return { name, askedMs, answeredMs: wallMs() };
}
