/** Settings: the Kubernetes API, what of the cluster is watched, and who leads. */
import { HOUR_MS } from './bounds.ts';
import { duration } from './duration.ts';
import { labelRequirement, namespaceName, objectName, shard } from './format-kubernetes.ts';
import { choice, decimal, line, optional, whole } from './format.ts';
import { setting } from './setting.ts';

/** Bookmarks come every 60 to 75 s (apiserver, storage/cacher): a quiet watch that is cut sooner never sees one. */
const SHORTEST_IDLE_MS = 90_000;

const connectionSettings = {
  kubeconfig: setting({
    flag: 'kubeconfig',
    group: 'cluster',
    doc: 'kubeconfig file; several are joined as kubectl does',
    format: optional(line('FILE')),
    default: '',
    defaultDoc: 'the service account inside a cluster, else ~/.kube/config',
  }),
  context: setting({
    flag: 'context',
    group: 'cluster',
    doc: 'context of the kubeconfig',
    format: optional(line('NAME')),
    default: '',
    defaultDoc: 'its current one',
  }),
  kubeQps: setting({
    flag: 'kube-qps',
    group: 'cluster',
    doc: 'requests a second to the API server in the long run; 0 for no limit',
    format: decimal({ min: 0, max: 10_000 }),
    default: '20',
  }),
  kubeBurst: setting({
    flag: 'kube-burst',
    group: 'cluster',
    doc: 'requests to the API server at once',
    format: whole({ min: 1, max: 10_000 }),
    default: '30',
  }),
  kubeTimeoutMs: setting({
    flag: 'kube-timeout',
    group: 'cluster',
    doc: 'how long one request to the API server may take, watches aside',
    format: duration({ min: 1000, max: 600_000 }),
    default: '30s',
  }),
  watchIdleTimeoutMs: setting({
    flag: 'watch-idle-timeout',
    group: 'cluster',
    doc: 'a watch that brings nothing for so long, no bookmark either, is cut and begun anew',
    format: duration({ min: SHORTEST_IDLE_MS, max: HOUR_MS }),
    default: '3m',
  }),
} as const;

const scopeSettings = {
  watchNamespaceMode: setting({
    flag: 'watch-namespace-mode',
    group: 'scope',
    doc: 'one namespace, those with a label, or all',
    format: choice(['single', 'label', 'all']),
    default: 'single',
  }),
  watchNamespace: setting({
    flag: 'watch-namespace',
    group: 'scope',
    doc: 'the namespace to watch in mode single',
    format: optional(namespaceName()),
    default: '',
    defaultDoc: "POD_NAMESPACE, else the kubeconfig context's",
  }),
  managedNsLabel: setting({
    flag: 'managed-ns-label',
    group: 'scope',
    doc: 'namespaces with this label are watched in mode label; a key alone means key=true',
    format: optional(labelRequirement()),
    default: '',
    defaultDoc: 'required in mode label',
  }),
  nodeName: setting({
    flag: 'node-name',
    group: 'scope',
    doc: 'tell only of pods on this node, as one of a DaemonSet',
    format: optional(objectName()),
    default: '',
  }),
  shard: setting({
    flag: 'shard',
    group: 'scope',
    doc: 'tell only of one of N parts of the pods, counted from 0',
    format: optional(shard()),
    default: '',
  }),
} as const;

const leadershipSettings = {
  leaderElect: setting({
    flag: 'leader-elect',
    group: 'leadership',
    doc: 'tell only while holding the Lease; auto does so inside a cluster',
    format: choice(['auto', 'true', 'false'], 'true'),
    default: 'auto',
  }),
  leaseName: setting({
    flag: 'lease-name',
    group: 'leadership',
    doc: 'name of the Lease, which is kept in the namespace of the agent',
    format: objectName(),
    default: 'watcher-leader-lock',
  }),
  leaseDurationMs: setting({
    flag: 'lease-duration',
    group: 'leadership',
    doc: 'how long others wait for a leader that no longer renews; whole seconds',
    format: duration({ min: 2000, max: HOUR_MS }),
    default: '15s',
  }),
  leaseRenewDeadlineMs: setting({
    flag: 'lease-renew-deadline',
    group: 'leadership',
    doc: 'a leader that could not renew for so long steps down',
    format: duration({ min: 1000, max: HOUR_MS }),
    default: '10s',
  }),
  leaseRetryMs: setting({
    flag: 'lease-retry',
    group: 'leadership',
    doc: 'pause between two attempts to acquire or renew',
    format: duration({ min: 100, max: HOUR_MS }),
    default: '2s',
  }),
  podName: setting({
    flag: 'pod-name',
    group: 'leadership',
    doc: "this agent's pod, by which it holds the Lease",
    format: optional(objectName()),
    default: '',
    defaultDoc: 'made from the host name',
  }),
  podNamespace: setting({
    flag: 'pod-namespace',
    group: 'leadership',
    doc: "this agent's namespace, where the Lease is kept",
    format: optional(namespaceName()),
    default: '',
    defaultDoc: "the service account's, else the kubeconfig context's",
  }),
} as const;

export const kubernetesSettings = { ...connectionSettings, ...scopeSettings, ...leadershipSettings } as const;
