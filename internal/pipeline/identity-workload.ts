/**
 * The workload a pod belongs to, as far as the pod itself tells: its controlling owner, seen through to what the user
 * wrote where names allow it (ReplicaSet to Deployment by the pod-template-hash label, Job to CronJob by the scheduled
 * minute in its name). The owner's own owner may be known better elsewhere; fingerprints use this, as every replica
 * can make it from the pod alone, whatever it may read besides.
 */
import type { PodFacts } from './pod-facts.ts';

export interface Workload {
  readonly kind: string;
  readonly name: string;
}

const NONE: Workload = { kind: '', name: '' };

/**
 * `<cronjob>-<minutes since the epoch>`: eight digits until the year 2160. Source: the CronJob controller. Not a date, as in
 * `backup-20260101`, which as minutes would be of 2008.
 */
const SCHEDULED_JOB = /^(.+)-(?:2[5-9]|[3-9]\d)\d{6}$/;

/**
 * The workload by kind and name; both '' for a pod without a controller. A static pod belongs to its node: that is the
 * kind, but the name is left out, since a fingerprint holds no node.
 */
export function workloadOf(pod: Pick<PodFacts, 'owner' | 'labels'>): Workload {
  const { owner } = pod;
  if (owner === undefined) return NONE;
  const { kind, name } = owner;
  switch (kind) {
    case 'ReplicaSet':
      return deploymentOf(name, pod.labels.get('pod-template-hash')) ?? { kind, name };
    case 'Job':
      return cronJobOf(name) ?? { kind, name };
    case 'Node':
      return { kind, name: '' };
    default:
      return { kind, name };
  }
}

function deploymentOf(replicaSet: string, templateHash: string | undefined): Workload | undefined {
  if (templateHash === undefined || templateHash === '' || !replicaSet.endsWith(`-${templateHash}`)) return undefined;
  const name = replicaSet.slice(0, -templateHash.length - 1);
  return name === '' ? undefined : { kind: 'Deployment', name };
}

function cronJobOf(job: string): Workload | undefined {
  const name = SCHEDULED_JOB.exec(job)?.[1];
  return name === undefined ? undefined : { kind: 'CronJob', name };
}
