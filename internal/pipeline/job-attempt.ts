/**
 * A Job's failed attempt: is another one to come? A pod that failed and is tried again is news, not trouble; the last
 * attempt is trouble. Pure. Where the Job doesn't say for sure, the answer is `unknown`, which is told as trouble.
 *
 * Source: the Job controller, job_controller.go (exceedsBackoffLimit: failed pods > backoffLimit; pastBackoffLimitOnFailure:
 * restarts of the running pods >= backoffLimit, or > 0 for a limit of 0).
 */
import type { Finding, FindingPod } from './finding.ts';
import { isCounted, type JobFacts } from './owner-lookup.ts';

export type JobAttempt = 'retries-left' | 'last' | 'unknown';

export type AttemptPod = Pick<FindingPod, 'uid' | 'restartCount' | 'phase' | 'isJobTracked'>;

export function jobAttempt(job: JobFacts | undefined, pod: AttemptPod): JobAttempt {
  if (job === undefined) return 'unknown';
  if (job.isFailed) return 'last';
  if (job.hasOwnRules) return 'unknown';
  const used = job.restartPolicy === 'OnFailure' ? pod.restartCount + 1 : failedBefore(job, pod);
  return used < job.backoffLimit ? 'retries-left' : 'last';
}

/**
 * Pods that failed, without this one. Its end is counted in this order (recorded on 1.36): its uid in
 * uncountedTerminatedPods, its finalizer gone, status.failed one higher. A Job read after the last of these while the
 * pod is known from before the second counts it unseen: at worst, an attempt with one retry left counts as the last.
 */
function failedBefore({ failed, uncounted = [] }: JobFacts, pod: AttemptPod): number {
  const others = uncounted.filter((one) => one !== pod.uid).length;
  return isCounted(pod) && others === uncounted.length ? Math.max(0, failed + others - 1) : failed + others;
}

/** The finding, less severe if it tells of an attempt of a Job that will try again. Whatever else is wrong stays as it is. */
export function withJobAttempt(finding: Finding, job: JobFacts | undefined): Finding {
  const { incidentClass, severity } = finding;
  const isAttempt = incidentClass === 'crash' || incidentClass === 'pod';
  if (!isAttempt || severity === 'info' || jobAttempt(job, finding.pod) !== 'retries-left') return finding;
  return { ...finding, severity: 'info' };
}
