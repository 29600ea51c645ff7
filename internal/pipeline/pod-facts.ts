/**
 * PodFacts: what failure detection needs to know of a pod, and nothing else. The readers in internal/kubernetes build
 * it from JSON or protobuf with the same result; every string is bounded there. Immutable: a change is a new PodFacts.
 *
 * Times are Ms since the epoch; 0 stands for "absent or the zero time", as Kubernetes itself does not tell these apart.
 * Strings are '' where Kubernetes left them out.
 */

export interface PodFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly nodeName: string;
  readonly createdAtMs: number;
  /** metadata.deletionTimestamp; 0 while nobody has asked for its deletion. */
  readonly deletionAtMs: number;
  readonly deletionGraceSeconds: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Annotation kubernetes.io/config.mirror of a static pod's mirror; its uid changes when the mirror is made anew. */
  readonly mirrorHash: string;
  /** Annotation of this agent's own silences, '' without one. */
  readonly silence: string;
  /** The owner reference with controller=true, if any. */
  readonly owner: OwnerFacts | undefined;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never' | '';
  readonly phase: string;
  /** status.reason and status.message. */
  readonly reason: string;
  readonly message: string;
  readonly conditions: readonly PodCondition[];
  /** All containers, in the order init and sidecar, app, ephemeral; those without a status yet carry state `none`. */
  readonly containers: readonly ContainerFacts[];
  /** Its Job has not counted its end yet: it still has the finalizer of the Job controller. Absent: it has not. */
  readonly isJobTracked?: boolean;
}

export interface OwnerFacts {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionAtMs: number;
}

/** `sidecar` is an init container with restartPolicy Always (KEP-753). */
export type ContainerRole = 'init' | 'sidecar' | 'app' | 'ephemeral';

export interface ContainerFacts {
  readonly name: string;
  readonly role: ContainerRole;
  /** The image of the spec, as the user wrote it. */
  readonly image: string;
  readonly imageId: string;
  readonly containerId: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started: boolean;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export type ContainerState =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAtMs: number }
  | Termination;

export interface Termination {
  readonly kind: 'terminated';
  readonly reason: string;
  readonly message: string;
  readonly exitCode: number;
  readonly signal: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly containerId: string;
}

/**
 * One change of one pod as the store tells it. A pod there is nothing to say about (running, ready, never restarted; or
 * completed) is not told until that changes: its first change is then `modified`, and its restarts until then are 0.
 * `initial`: the pod was there at the first sync of its scope; `watch`: it happened while we watched; `relist`: found by
 * comparing a new list with what was known, so there may be more behind it than is visible.
 * `left`: it is no longer among the pods we watch, and may be well and alive: nothing follows from it.
 */
export interface PodChange {
  readonly type: 'added' | 'modified' | 'deleted' | 'left';
  readonly cause: 'initial' | 'watch' | 'relist';
  /** For `deleted` and `left`: the last state known; from a relist it may be stale. */
  readonly pod: PodFacts;
  /**
   * The facts before this change, if they were kept. Of a pod there was nothing to say about they are not; but if its
   * images were edited, this is `pod` with '' for each image that was another one before.
   */
  readonly before?: PodFacts;
}
