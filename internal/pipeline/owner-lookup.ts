/**
 * OwnerLookup: who controls a pod in the end, as far as the API server tells: the Deployment behind a ReplicaSet, the
 * CronJob behind a Job, whatever custom resource is behind either; and what a Job says of its attempts. Which pods there
 * is something to be asked about is decided here; who reads it is an OwnerSource (internal/kubernetes/owners.ts).
 *
 * Promises: `topOwner` and `jobOf` answer at once from what is known; `ask` never rejects, ends within OWNER_WAIT_MS,
 * and is undefined where nothing is to be had by waiting. What an answer depends on (rights, the
 * owner being gone, the API server) must never be part of an id or a fingerprint: those use identity-workload.ts.
 */
import type { FindingPod } from './finding.ts';
import { workloadOf, type Workload } from './identity-workload.ts';
import type { OwnerFacts } from './pod-facts.ts';

export type OwnedPod = Pick<FindingPod, 'namespace' | 'owner' | 'labels'> &
  Partial<Pick<FindingPod, 'phase' | 'isJobTracked'>>;

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
  /** status.uncountedTerminatedPods.failed: uids of those that are being counted. Absent: none. */
  readonly uncounted?: readonly string[];
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

/** A controller that is read by name. The uid says which one of that name. */
export interface OwnerName {
  readonly kind: 'ReplicaSet' | 'Job';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Nothing comes after this that would have it read once more, so what was read a moment ago will not do. */
  readonly isLastWord?: boolean;
}

/** What was read of it. */
export interface OwnerRead {
  readonly uid: string;
  /** What controls it; undefined where nothing does. */
  readonly owner: OwnerFacts | undefined;
  /** Of a Job. */
  readonly job: JobFacts | undefined;
}

/** Who reads owners. */
export interface OwnerSource {
  /** As it was last read. */
  get(uid: string): OwnerRead | undefined;
  /** As OwnerLookup.ask promises. */
  ask(named: OwnerName): Promise<AskOutcome> | undefined;
}

export function lookUpOwners(source: OwnerSource): OwnerLookup {
  const read = (pod: OwnedPod): OwnerRead | undefined => {
    const named = nameOfOwner(pod);
    return named === undefined ? undefined : source.get(named.uid);
  };
  return {
    topOwner: (pod) => topOwner(pod, read(pod)),
    jobOf: (pod) => read(pod)?.job,
    ask: (pod) => {
      const named = nameOfOwner(pod);
      return named === undefined ? undefined : source.ask(named);
    },
  };
}

/** Asks nobody: names alone. */
export const ownersByName: OwnerLookup = lookUpOwners({ get: () => undefined, ask: () => undefined });

function topOwner(pod: OwnedPod, read: OwnerRead | undefined): TopOwner {
  if (read === undefined || pod.owner === undefined) {
    return { workload: workloadOf(pod), source: nameOfOwner(pod) === undefined ? 'pod' : 'guessed' };
  }
  const { kind, name } = read.owner ?? pod.owner;
  return { workload: { kind, name }, source: 'read' };
}

/**
 * The controller, if something may be behind it that the pod doesn't tell for sure. The Deployment controller's own
 * label does (name and pod-template-hash of a ReplicaSet agree); the digits of a Job's name don't tell a CronJob's.
 */
function nameOfOwner(pod: OwnedPod): OwnerName | undefined {
  const { owner, namespace } = pod;
  if (owner === undefined) return undefined;
  const { kind, name, uid, apiVersion } = owner;
  if (kind === 'Job' && apiVersion.startsWith('batch/'))
    return { kind, namespace, name, uid, isLastWord: isCounted(pod) };
  if (kind !== 'ReplicaSet' || !apiVersion.startsWith('apps/') || workloadOf(pod).kind !== kind) return undefined;
  return { kind, namespace, name, uid };
}

/** Its Job has counted its end: the finalizer of the Job controller is gone, which is the last update of a pod that failed. */
export function isCounted({ phase, isJobTracked }: Partial<Pick<FindingPod, 'phase' | 'isJobTracked'>>): boolean {
  return phase === 'Failed' && isJobTracked !== true;
}
