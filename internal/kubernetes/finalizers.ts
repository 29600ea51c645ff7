/** The one finalizer that is read, of pods. */

/** The Job controller holds a pod by it until the pod's end is counted. Source: batch/v1 JobTrackingFinalizer, KEP-2307. */
export const JOB_TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
