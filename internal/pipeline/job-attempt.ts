/**
 * A Job's failed attempt: is another one to come? A pod that failed and is tried again is news, not trouble; the last
 * attempt is trouble. Pure. Where the Job doesn't say for sure, the answer is `unknown`, which is told as trouble.
 *
 * Source: the Job controller, job_controller.go (exceedsBackoffLimit: failed pods > backoffLimit; pastBackoffLimitOnFailure:
 * restarts of the running pods >= backoffLimit, or > 0 for a limit of 0).
 */
import type { Finding, FindingPod } from './finding.ts';
import type { JobFacts } from './owner-lookup.ts';

export type JobAttempt = 'retries-left' | 'last' | 'unknown';

/**
 * Judged as if status.failed didn't count this pod yet, since it may not: at worst one attempt with a retry left counts
 * as the last.
 */
export function jobAttempt(job: JobFacts | undefined, { restartCount }: Pick<FindingPod, 'restartCount'>): JobAttempt {
  if (job === undefined) return 'unknown';
  if (job.isFailed) return 'last';
  if (job.hasOwnRules) return 'unknown';
  const used = job.restartPolicy === 'OnFailure' ? restartCount + 1 : job.failed;
  return used < job.backoffLimit ? 'retries-left' : 'last';
}

/** The finding, less severe if it tells of an attempt of a Job that will try again. Whatever else is wrong stays as it is. */
export function withJobAttempt(finding: Finding, job: JobFacts | undefined): Finding {
  const { incidentClass, severity } = finding;
  const isAttempt = incidentClass === 'crash' || incidentClass === 'pod';
  if (!isAttempt || severity === 'info' || jobAttempt(job, finding.pod) !== 'retries-left') return finding;
  return { ...finding, severity: 'info' };
}
