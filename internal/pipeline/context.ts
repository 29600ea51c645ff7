/**
 * The context of a finding: what an operator would look up next, told with it where --event-context asks for it. Types
 * alone; who reads it is a ContextSource (internal/kubernetes/context.ts), who waits for it is context-hold.ts.
 *
 * Nothing of it is ever part of an id, an incident or a fingerprint: it depends on rights, on time and on luck.
 */

/** What the API server is asked for. */
export type AskedKind = 'events' | 'logs' | 'limits';

/** What may be told: beside those, what the agent knows anyway. */
export type ContextKind = AskedKind | 'image' | 'hint';

export interface FindingContext {
  /** What usually causes this reason. */
  readonly hint?: string;
  /** The image as the node resolved it, with its digest. */
  readonly imageId?: string;
  /** The pod's events, merged, newest last. */
  readonly events?: readonly PodEvent[];
  readonly log?: LogTail;
  readonly resources?: Resources;
  /** What is missing and why: `logs: forbidden`. */
  readonly notes: readonly string[];
}

/** Events that say the same of the same container, as one. Texts are bounded and without secrets. */
export interface PodEvent {
  /** Normal or Warning. */
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** '' for the whole pod. */
  readonly container: string;
  readonly count: number;
  /** When it was last said, by the clock of who said it; 0 where that is not told. Ms since the epoch. */
  readonly lastAtMs: number;
}

export interface LogTail {
  /** The last lines, without secrets; control characters but line ends and tabs are written out. */
  readonly text: string;
  /** Lines or parts of them are missing, as they were too long. */
  readonly isCut: boolean;
}

/** Which container of a name wrote a log, as `kubectl logs --previous` has it. */
export type LogOf = 'previous' | 'current';

/** Of one container's spec, by resource: `memory` is `64Mi`. */
export interface Resources {
  readonly limits: Readonly<Record<string, string>>;
  readonly requests: Readonly<Record<string, string>>;
}

/** Who and what is asked about. */
export interface ContextSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** What its events name it by: of a static pod's mirror the hash of its file, else its uid. */
  readonly eventsUid: string;
  /** '' for the whole pod. */
  readonly container: string;
  /** Where the log of the exit is by now; undefined where no log can be had of it. */
  logOf(): LogOf | undefined;
}

/** Why something is missing: the metric's label, and the word of the note. */
export type ContextFailure =
  /** No right to it. */
  | 'forbidden'
  /** The pod, or what the container left, is not there any more. */
  | 'gone'
  | 'failed'
  | 'timed-out'
  /** So much was asked for at once that this was left out. */
  | 'too-many'
  /** The agent ends. */
  | 'stopped';

export type ContextAnswer =
  | { readonly outcome: 'read'; readonly part: Pick<FindingContext, 'events' | 'log' | 'resources'> }
  | { readonly outcome: ContextFailure };

export interface ContextSource {
  /** Never rejects. Ends soon after `signal` is aborted, with whatever. */
  ask(kind: AskedKind, about: ContextSubject, signal: AbortSignal): Promise<ContextAnswer>;
}

/** `logs: forbidden`. */
export function noteOf(kind: AskedKind, failure: ContextFailure): string {
  return `${kind}: ${failure.replace('-', ' ')}`;
}
