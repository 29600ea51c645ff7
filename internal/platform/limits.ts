/**
 * Every bound on what the agent reads, keeps or sends, in one place, with its reason. Sizes in Bytes, durations in Ms.
 */

/** Longest message kept of a pod, container or condition. Terminations allow 4 KiB each, conditions 32 KiB and more. */
export const MESSAGE_BYTES = 1024;

/** Longest name, reason, image or label kept. The longest that the API server lets through is an image, some 400 bytes. */
export const WORD_BYTES = 512;

/** Longest uid. Kubernetes' are 36 bytes; those of static pods 32. An object with a longer one is refused, not cut. */
export const UID_BYTES = 128;

/** Most labels of a pod that are kept; the rest is counted. */
export const LABELS_KEPT = 64;

/** Most containers and conditions of a pod that are kept; the rest is counted. Many times what pods have. */
export const CONTAINERS_KEPT = 256;
export const CONDITIONS_KEPT = 64;

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

/**
 * How far the clocks of a node and of the API server are trusted to agree. Both cut times to whole seconds, so less
 * than this can't be told from equal.
 */
export const CLOCK_SKEW_MS = 1000;

/** Longest reason kept. Kubernetes' own are camel-case words; a runtime may write anything. */
export const REASON_BYTES = 128;

/** Event ids remembered of one incident: at most three are visible at a time (exit, the one before it, loop). */
export const IDS_KEPT_PER_INCIDENT = 8;

/** Incidents remembered of one pod; a container has at most one of each class. The oldest is forgotten first, and counted. */
export const INCIDENTS_KEPT_PER_POD = 128;

/** Pods with trouble that are remembered, about 1 KiB each. The one longest untouched is forgotten first, and counted. */
export const PODS_REMEMBERED = 50_000;

/** Silences whose counts are kept, and annotations of them remembered as read, some 500 bytes each. */
export const SILENCES_KEPT = 1_000;

/** How long a pod's memory outlives the pod: a mirror pod comes back, and a late relist may still show what is gone. */
export const GONE_POD_KEPT_MS = 10 * 60 * 1000;

/** Findings that wait for the outbox. Beyond this, detection pauses until it catches up and a relist shows what it missed. */
export const FINDINGS_WAITING = 20_000;

/** Findings kept whole in memory while the outbox is full; those after them are counted by fingerprint. */
export const FINDINGS_HELD = 2_000;

/** Rows of what is counted by fingerprint: they come out of the 4 MiB that a full outbox keeps for draining. */
export const COALESCED_BYTES = 512 * 1024;

/** Findings of a follower kept for the case that it becomes the leader. The oldest is forgotten first, and counted. */
export const FOLLOWER_FINDINGS = 8192;

/** Most events of one append: enough to share the cost of the disk among a storm, few enough to be written in some ms. */
export const APPEND_EVENTS = 256;

/** A container that ran this long before it exited has recovered in between: the kubelet's own rule for its back-off. */
export const STABLE_RUN_MS = 10 * 60 * 1000;

/** An incident nothing was seen of for this long is over: several times the longest back-off of the kubelet (5 min). */
export const INCIDENT_IDLE_MS = 30 * 60 * 1000;

/** How long an incident must not show before it is told as resolved: longer than a container that fails again at once. */
export const RESOLVED_AFTER_MS = 2 * 60 * 1000;

/** How often that time is doubled for an incident that comes back each time it is told as over: to 16 times as long. */
export const FLAP_DOUBLINGS = 4;

/** How long changed state may wait for an append to go with before it is written for its own sake. */
export const STATE_FLUSH_MS = 5_000;

/** How often an agent that tells notes down that it is watching, so that a restart knows how far to look back. */
export const WATCHED_NOTE_MS = 60_000;

/** Pause before an append that failed is tried again. */
export const APPEND_RETRY_MS = 1_000;

/** How late a status may show after what it tells of: the kubelet's retries, an API server that was away. */
export const STATUS_LATE_MS = 5 * 60 * 1000;

/** Pods waiting to be looked at again, some 60 bytes each. Those beyond share one look at all pods. */
export const PODS_WAITING = 100_000;

/** How long a finding waits at most for what the API server says of its pod's owners. */
export const OWNER_WAIT_MS = 1_000;

/** Findings that wait for owners. Beyond this none waits. */
export const OWNER_FINDINGS_HELD = 4_096;

/** Fingerprints whose rate is watched for storms, some 200 bytes each. Beyond this the oldest count begins anew. */
export const STORMS_WATCHED = 10_000;

/** Failures told by one digest: some 90 KiB on the wire. */
export const DIGEST_FAILURES = 500;

/** Largest digest, and most ids it covers. */
export const DIGEST_BYTES = 256 * 1024;
export const DIGEST_IDS = 1000;

/** Pods that a digest names. */
export const DIGEST_PODS = 10;

/** Failures of storms gathered at a time: stored as state, they may take of what a full outbox keeps for draining. */
export const GATHERED_BYTES = 2 * 1024 * 1024;

/** Findings about which is asked at once, and beside them those that only wait for their turn. Beyond this none waits. */
export const CONTEXT_GATHERED = 64;
export const CONTEXT_FINDINGS_HELD = 4_096;

/** How far back is looked for what the outbox lost, or a leader held back while it told the rest: a day less than the plane remembers ids, so that none counts twice. */
export const LOST_LOOK_BACK_MS = 6 * 24 * 60 * 60 * 1000;

/** Losses found within this time share one look at all pods: damage mostly shows row by row, as batches are made. */
export const LOST_TOGETHER_MS = 60_000;
