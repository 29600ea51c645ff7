/**
 * The annotations of pods that are read. All others are skipped: they may be 256 KiB and hold anything.
 */

/** Of the API server's image of a static pod: the hash of its file. Source: k8s.io/api core/v1 annotation_key_constants.go. */
export const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** What users of this agent put on a pod to silence it. */
export const SILENCE_ANNOTATION = 'watcher/silence';
