/**
 * OwnerLookup: who controls a pod in the end, as far as the API server tells: the Deployment behind a ReplicaSet, the
 * CronJob behind a Job, whatever custom resource is behind either; and what a Job says of its attempts. Only the type
 * and the lookup that asks nobody live here; internal/kubernetes/owners.ts asks.
 *
 * Promises of every implementation: `topOwner` and `jobOf` answer at once from what is known; `ask` never rejects, ends
 * within OWNER_WAIT_MS, and is undefined where nothing is to be had by waiting. What an answer depends on (rights, the
 * owner being gone, the API server) must never be part of an id or a fingerprint: those use identity-workload.ts.
 */
import type { FindingPod } from './finding.ts';
import { workloadOf, type Workload } from './identity-workload.ts';

export type OwnedPod = Pick<FindingPod, 'namespace' | 'owner' | 'labels'>;

export interface TopOwner {
  /** Kind and name; both '' for a pod without a controller. */
  readonly workload: Workload;
  /** `pod`: its own reference says all; `read`: the API server told; `guessed`: from names, as long as nobody told. */
  readonly source: 'pod' | 'read' | 'guessed';
}

/** What matters of a Job (batch/v1, read by name) to tell an attempt with retries left from the last one. */
export interface JobFacts {
  readonly uid: string;
  /** spec.backoffLimit; 6 where absent. */
  readonly backoffLimit: number;
  /** spec.backoffLimitPerIndex or spec.podFailurePolicy is set: the limit alone doesn't say how many attempts are left. */
  readonly hasOwnRules: boolean;
  /** spec.template.spec.restartPolicy. */
  readonly restartPolicy: 'OnFailure' | 'Never';
  /** status.failed: pods that failed and were counted, which takes the controller a moment. */
  readonly failed: number;
  /** Condition Failed or FailureTarget is True. */
  readonly isFailed: boolean;
}

/** What came of asking: the metric's label and the log's field. */
export type AskOutcome = 'read' | 'gone' | 'denied' | 'failed' | 'late' | 'too-many' | 'stopped';

export interface OwnerLookup {
  topOwner(pod: OwnedPod): TopOwner;
  /** The Job that controls the pod, as it was last read; undefined for other pods and while it isn't known. */
  jobOf(pod: OwnedPod): JobFacts | undefined;
  /** Has what is missing or old read; undefined if there is nothing to wait for. */
  ask(pod: OwnedPod): Promise<AskOutcome> | undefined;
}

/** Asks nobody: names alone. */
export const ownersByName: OwnerLookup = {
  topOwner: (pod) => ({ workload: workloadOf(pod), source: isSeenThrough(pod) ? 'guessed' : 'pod' }),
  jobOf: () => undefined,
  ask: () => undefined,
};

/** Whether something is behind the pod's controller as a rule. */
export function isSeenThrough({ owner }: OwnedPod): boolean {
  return isReplicaSet(owner) || isJob(owner);
}

/** A ReplicaSet of apps/v1; kinds of that name in other groups are their own workload. */
export function isReplicaSet(owner: OwnedPod['owner']): boolean {
  return owner?.kind === 'ReplicaSet' && owner.apiVersion.startsWith('apps/');
}

export function isJob(owner: OwnedPod['owner']): boolean {
  return owner?.kind === 'Job' && owner.apiVersion.startsWith('batch/');
}
