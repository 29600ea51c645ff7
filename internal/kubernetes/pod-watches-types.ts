/**
 * What PodWatches is built from, what it tells, and what it says of itself. No behaviour lives here.
 */
import type { NodeChange } from '../pipeline/node-facts.ts';
import type { PodChange } from '../pipeline/pod-facts.ts';
import type { ErrorCode } from '../platform/errors.ts';
import type { NamespacesState } from './namespaces.ts';
import type { PodWatchDescription, PodWatchParts } from './pod-watch.ts';
import type { LeaderWatchesDescription } from './pod-watches-leader.ts';
import type { PlanDecision } from './scope-plan.ts';
import type { Scope } from './scope.ts';

export interface PodWatchesOptions extends PodWatchParts {
  readonly scope: Scope;
  /** Watches only the pods of this node, and, while leading, those that no other agent tells of. */
  readonly nodeName?: string;
  readonly events: PodWatchesEvents;
}

/** Called synchronously; must not throw. */
export interface PodWatchesEvents {
  change(change: PodChange): void;
  /** Every pod of the scope has been seen, at first or once more. Namespaces we have no right to are not waited for. */
  synced(): void;
  /** A namespace is out of the scope: nothing more is told of it, and what was known of it is void. */
  left(namespace: string): void;
  /** While leading the agents of all nodes: a node came, changed or went. */
  node?(change: NodeChange): void;
  /** No more of that: we lead no longer, and what was known of nodes is void. */
  nodesVoid?(): void;
}

export interface PodWatchesDescription {
  readonly scope: string;
  /** Undefined until our rights are known. */
  readonly plan: PlanDecision['plan']['kind'] | undefined;
  readonly reason: PlanDecision['reason'] | undefined;
  readonly isSynced: boolean;
  readonly namespaces: {
    readonly state: NamespacesState;
    readonly count: number;
    /** The one namespace asked for is not there. */
    readonly isMissing?: boolean;
    /** Ms on the monotonic scale of the server's last sign of life there. */
    readonly lastActivityMs?: number | undefined;
  };
  readonly watches: readonly PodWatchDescription[];
  /** Why nothing is watched yet: our rights could not be asked for, or there are none. */
  readonly error: ErrorCode | undefined;
  /** What is watched beside our own node, while leading. */
  readonly leader?: LeaderWatchesDescription;
}
