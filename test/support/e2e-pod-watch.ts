/**
 * A watch over the pods of a namespace of the test cluster, by which tests await what the cluster does instead of asking
 * again and again. On purpose not the agent's own: it judges it.
 */
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface, type Interface } from 'node:readline';
import type { Cluster } from '../cluster/options.ts';

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly containerID?: string;
  readonly state: {
    readonly waiting?: { readonly reason: string };
    readonly running?: object;
    readonly terminated?: { readonly reason: string; readonly exitCode: number };
  };
  readonly lastState: {
    readonly terminated?: { readonly reason?: string; readonly exitCode: number; readonly containerID?: string };
  };
}

export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly phase: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface PodChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: PodObject;
}

export interface PodWatch extends AsyncDisposable {
  /** Every change of every pod, as it is written, beginning with those there are. Ends with the watch. */
  readonly changes: AsyncIterable<PodChange>;
  /** The same, without saying whether the pod is still there. Only one of the two can be read. */
  readonly pods: AsyncIterable<PodObject>;
}

/** Begins to watch; what happens after this returned is not missed. */
export async function watchPods(cluster: Cluster, namespace: string): Promise<PodWatch> {
  const headers = { authorization: `Bearer ${cluster.adminToken}` };
  const url = `${cluster.url}/api/v1/namespaces/${namespace}/pods?watch=true`;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { ca: readFileSync(cluster.caFile), headers, agent: false }, resolve).once('error', reject);
  });
  response.on('error', () => undefined);
  const lines = createInterface({ input: response });
  const changes = readChanges(lines);
  return {
    changes,
    pods: objectsOf(changes),
    [Symbol.asyncDispose]: () => {
      // A response that is cut off has no end, which is what its lines would wait for.
      lines.close();
      response.destroy();
      return Promise.resolve();
    },
  };
}

async function* readChanges(lines: Interface): AsyncGenerator<PodChange> {
  for await (const line of lines) yield JSON.parse(line) as PodChange;
}

async function* objectsOf(changes: AsyncIterable<PodChange>): AsyncGenerator<PodObject> {
  for await (const { object } of changes) yield object;
}

/** Resolves with the first pod, of those there are and those to come, that matches. Rejects after `withinMs`. */
export async function waitForPod(
  cluster: Cluster,
  namespace: string,
  matches: (pod: PodObject) => boolean,
  withinMs = 60_000,
): Promise<PodObject> {
  await using watch = await watchPods(cluster, namespace);
  const stop = setTimeout(() => void watch[Symbol.asyncDispose](), withinMs);
  try {
    for await (const pod of watch.pods) if (matches(pod)) return pod;
  } finally {
    clearTimeout(stop);
  }
  throw new Error(`no such pod in ${namespace} within ${withinMs} ms`);
}
