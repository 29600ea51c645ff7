/**
 * Every right the agent uses, what it is for, and what it does without: one table, from which come `watcher rbac`, the
 * chart's roles, `watcher check` and docs/operations/install.md. A test with the API server's audit log holds it against
 * what is really asked for.
 *
 * No wildcard, no secrets, no verb that changes anything but the Lease. `create` can't be bound to a name (RBAC knows no
 * name before the object is there), so it is granted in the agent's own namespace only.
 */

/** What of the agent a right belongs to; switched on by settings (rights.ts). */
export type RightFeature =
  | 'pods'
  | 'namespaces'
  | 'one-namespace'
  | 'cluster-uid'
  | 'owners'
  | 'nodes'
  | 'events'
  | 'logs'
  | 'limits'
  | 'workload-silences'
  | 'leadership'
  | 'reviews';

export interface RightRow {
  readonly feature: RightFeature;
  /** '' for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly RightVerb[];
  /** Where it is needed: in the namespaces that are watched, in the whole cluster, in the agent's own namespace. */
  readonly place: 'watched' | 'cluster' | 'own';
  /** The only object it is for: the watched namespace, the Lease, the namespace kube-system. Absent for all. */
  readonly only?: 'watched-namespace' | 'lease' | 'kube-system';
  /** What for, as a comment in the manifests. */
  readonly why: string;
  /** True where the agent can't do its work without it. */
  readonly isNeeded: boolean;
  /** What does not work without it. */
  readonly without: string;
}

export type RightVerb = 'get' | 'list' | 'watch' | 'create' | 'update';

const NODES_WITHOUT = 'nodes that are not Ready are not told of: each of their pods is, or nobody tells of it';
const OWNERS_WITHOUT =
  'a failure may name the ReplicaSet or Job that made the pod, not the Rollout or CronJob behind it';

/** ReplicaSets and Jobs may be read as owners anyway. */
const silencedWorkloads = [
  ...['deployments', 'statefulsets', 'daemonsets'].map((resource) => ({ group: 'apps', resource })),
  { group: 'batch', resource: 'cronjobs' },
].map(({ group, resource }): RightRow => ({
  ...{ feature: 'workload-silences', group, resource, verbs: ['get'], place: 'watched', isNeeded: false },
  why: 'whether an annotation keeps the failures of the workload silent',
  without: 'annotations of these workloads keep nothing silent',
}));

export const rightsTable: readonly RightRow[] = [
  {
    ...{ feature: 'pods', group: '', resource: 'pods', verbs: ['list', 'watch'], place: 'watched', isNeeded: true },
    why: 'pods are what is watched',
    without: 'nothing is seen and nothing is told',
  },
  {
    ...{ feature: 'owners', group: 'apps', resource: 'replicasets', verbs: ['get'], place: 'watched', isNeeded: false },
    why: 'what is behind the ReplicaSet of a failed pod, where its name does not say',
    without: OWNERS_WITHOUT,
  },
  {
    ...{ feature: 'owners', group: 'batch', resource: 'jobs', verbs: ['get'], place: 'watched', isNeeded: false },
    why: 'the CronJob behind a failed pod, and whether its Job has tries left',
    without: `${OWNERS_WITHOUT}; each failed try of a Job is told`,
  },
  {
    ...{ feature: 'namespaces', group: '', resource: 'namespaces', verbs: ['list', 'watch'], place: 'cluster' },
    isNeeded: false,
    why: 'which namespaces are watched, and whose they are by their labels',
    without:
      'with --watch-namespace-mode=label nothing is watched; else project, owner and workload ids are left empty',
  },
  {
    ...{ feature: 'one-namespace', group: '', resource: 'namespaces', verbs: ['list', 'watch'], place: 'cluster' },
    ...{ only: 'watched-namespace', isNeeded: false },
    why: 'whose the watched namespace is by its labels',
    without: 'project, owner and workload ids are left empty',
  },
  {
    ...{ feature: 'cluster-uid', group: '', resource: 'namespaces', verbs: ['get'], place: 'cluster' },
    ...{ only: 'kube-system', isNeeded: false },
    why: 'its uid is that of the cluster, so that the plane can refuse a second cluster under one name',
    without: 'the plane can not tell two clusters under one name apart',
  },
  {
    ...{ feature: 'nodes', group: '', resource: 'nodes', verbs: ['list', 'watch'], place: 'cluster', isNeeded: false },
    why: 'one finding for a node that is not Ready, in the place of one for each of its pods',
    without: NODES_WITHOUT,
  },
  {
    ...{ feature: 'events', group: '', resource: 'events', verbs: ['list'], place: 'watched', isNeeded: false },
    why: 'what Kubernetes says of a failed pod, told with the failure',
    without: 'failures are told without the events of their pods',
  },
  {
    ...{ feature: 'logs', group: '', resource: 'pods/log', verbs: ['get'], place: 'watched', isNeeded: false },
    why: 'the last lines of a container that failed, told with the failure',
    without: 'failures are told without the end of the log',
  },
  {
    ...{ feature: 'limits', group: '', resource: 'pods', verbs: ['get'], place: 'watched', isNeeded: false },
    why: 'the resource limits of a container that failed, told with the failure',
    without: 'failures are told without limits and requests',
  },
  ...silencedWorkloads,
  {
    ...{ feature: 'leadership', group: 'coordination.k8s.io', resource: 'leases', verbs: ['create'], place: 'own' },
    isNeeded: true,
    why: 'the Lease by which one of several agents leads; create can not be bound to a name',
    without: 'no agent leads, and nothing is told, unless the Lease is there already',
  },
  {
    ...{ feature: 'leadership', group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'update'] },
    ...{ place: 'own', only: 'lease', isNeeded: true },
    why: 'the Lease by which one of several agents leads',
    without: 'no agent leads, and nothing is told',
  },
  {
    ...{ feature: 'reviews', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', verbs: ['create'] },
    ...{ place: 'cluster', isNeeded: false },
    why: 'asking what the agent itself may do; every user may, where system:basic-user is not taken away',
    without: 'missing rights are found out by trying',
  },
];
