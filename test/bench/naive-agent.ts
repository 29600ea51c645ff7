/**
 * The baseline: an agent as it is commonly written. An informer of @kubernetes/client-node over all pods, kept whole in its
 * cache; failures by the reason of a container's state; a Map against repetition; a queue that a timer empties once a
 * second. Run as a process of its own: node naive-agent.ts KUBECONFIG INGRESS CLUSTER_ID. Says `synced` when it is.
 */
import { CoreV1Api, KubeConfig, makeInformer, type V1Pod } from '@kubernetes/client-node';

const [kubeconfig = '', ingressUrl = '', clusterId = ''] = process.argv.slice(2);

const reasons = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'CreateContainerConfigError',
  'OOMKilled',
  'Error',
  'Evicted',
]);
const FLUSH_MS = 1000;

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const api = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());

const told = new Set<string>();
let queue: object[] = [];

function look(pod: V1Pod): void {
  const namespace = pod.metadata?.namespace ?? '';
  const name = pod.metadata?.name ?? '';
  for (const { name: container, state, restartCount } of pod.status?.containerStatuses ?? []) {
    const reason = state?.waiting?.reason ?? state?.terminated?.reason ?? '';
    const key = `${namespace}/${name}/${container}/${reason}`;
    if (!reasons.has(reason) || told.has(key)) continue;
    told.add(key);
    const phase = pod.status?.phase ?? '';
    const message = state?.waiting?.message ?? state?.terminated?.message ?? '';
    queue.push({
      ...{ event_id: key, type: '', namespace, name, phase, reason, message },
      ...{ restart_count: restartCount, container_name: container, labels: pod.metadata?.labels ?? {} },
    });
  }
}

async function flush(): Promise<void> {
  const batch = queue;
  queue = [];
  if (batch.length === 0) return;
  const url = `${ingressUrl}/ProjectService/${clusterId}/onPodEvents`;
  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(batch) });
}

informer.on('add', look);
informer.on('update', look);
informer.on('error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
await informer.start();
setInterval(() => void flush(), FLUSH_MS);
process.stdout.write('synced\n');
