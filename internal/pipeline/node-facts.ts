/** NodeFacts: what is needed of a node to tell that it, and not its pods, is in trouble. Immutable. */

export interface NodeFacts {
  readonly uid: string;
  readonly name: string;
  /** Undefined while its condition Ready is True. */
  readonly notReady: NotReady | undefined;
  /** Somebody marked it as not to be scheduled on (spec.unschedulable): what `kubectl drain` and autoscalers do first. */
  readonly isCordoned?: boolean;
}

export interface NotReady {
  /** Last transition of its condition Ready, which also moves between False and Unknown; 0 if it doesn't say. */
  readonly sinceMs: number;
  /** False or Unknown; '' if it says nothing. */
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** One change of one node. */
export interface NodeChange {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly cause: 'initial' | 'watch' | 'relist';
  readonly item: NodeFacts;
}
