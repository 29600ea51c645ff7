/**
 * Every bound on what the agent reads, keeps or sends, in one place, with its reason. Sizes in Bytes, durations in Ms.
 */

/** Longest message kept of a pod, container or condition. Terminations allow 4 KiB each, conditions 32 KiB and more. */
export const MESSAGE_BYTES = 1024;

/** Most labels of a pod that are kept; the rest is counted. */
export const LABELS_KEPT = 64;

/** Largest event on the wire. A larger one is trimmed and says so. */
export const EVENT_BYTES = 8 * 1024;

/** Largest body of one delivery, whatever the batch size: well under the 32 MiB at which the ingress refuses. */
export const BATCH_BYTES = 1024 * 1024;

/** Most of an answer of the plane that is read. */
export const ANSWER_BYTES = 64 * 1024;

/** Longest single item of a watch stream or list. etcd refuses objects over 1.5 MiB by default. */
export const WATCH_FRAME_BYTES = 8 * 1024 * 1024;

/** Objects asked for in one page of a list, as client-go does. */
export const LIST_PAGE_ITEMS = 500;

/** Longest wait that anyone may impose on us, such as a Retry-After header. */
export const LONGEST_WAIT_MS = 5 * 60 * 1000;
