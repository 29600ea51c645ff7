/**
 * Finding: one observed failure, immutable. Detection makes it, every later stage reads it, the wire format encodes it.
 * Its names (event id, incident key, fingerprint) are made by identity.ts from facts of the objects alone.
 */
import type { FindingContext } from './context.ts';
import type { ContainerRole, OwnerFacts } from './pod-facts.ts';
import type { SilenceSummary } from './silenced.ts';

/** What keeps going on. One incident is a subject, a container and one of these. */
export type IncidentClass = 'crash' | 'image' | 'start' | 'schedule' | 'ready' | 'terminate' | 'pod' | 'node';

export type Severity = 'critical' | 'warning' | 'info';

/** The wire's `type`. Any but failure and ongoing is sent only where remote settings name it in `event_types`. */
export type FindingType = 'failure' | 'ongoing' | 'resolved' | 'digest' | 'silenced';

export interface Finding {
  readonly type: FindingType;
  readonly eventId: string;
  readonly incidentKey: string;
  readonly fingerprint: string;
  readonly incidentClass: IncidentClass;
  /** The occurrence key the event id was made from, such as `exit:containerd://…`. */
  readonly occurrence: string;
  /** Kubernetes' own word for what happened. */
  readonly reason: string;
  /** The names of enabled_reasons under any of which this passes the filter. Never empty. */
  readonly families: readonly string[];
  readonly severity: Severity;
  readonly message: string;
  readonly pod: FindingPod;
  readonly container: FindingContainer | undefined;
  /** When it happened, by the object's own times; 0 if the object doesn't say. Ms since the epoch. */
  readonly occurredAtMs: number;
  /** When this agent saw it. Ms since the epoch. */
  readonly observedAtMs: number;
  /** Event ids of other views of the same attempt, which count as told with this one. */
  readonly covers: readonly string[];
  /** For `resolved`: the ids it closes. */
  readonly closes?: readonly string[];
  /** Restarts between two looks of which no fact is left. */
  readonly restartsUnseen: number;
  /** How many attempts this tells of. 1 when absent; for `ongoing`, those counted since the last telling. */
  readonly occurrences?: number;
  /** For `silenced`: what was not told. */
  readonly silenced?: SilenceSummary;
  /** What was gathered to save a look-up; only on its way to the wire. */
  readonly context?: FindingContext;
}

export interface FindingPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly phase: string;
  readonly nodeName: string;
  /** Sum over the pod's containers, as the wire has always had it. */
  readonly restartCount: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly owner: OwnerFacts | undefined;
  /** Its Job has not counted its end yet; absent where it has, and for pods of nobody's Job. */
  readonly isJobTracked?: boolean;
  /** Text of its annotation `watcher/silence`; absent without one. */
  readonly silence?: string;
}

export interface FindingContainer {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image: string;
  /** Exit code and signal of the attempt this tells of, where one ended. */
  readonly exit: ExitFacts | undefined;
}

export interface ExitFacts {
  readonly code: number;
  readonly signal: number;
  /** The runtime's word for it, such as OOMKilled; absent where it is the finding's own reason. */
  readonly reason?: string;
  /** How long the container had run; absent where its times don't say. */
  readonly ranForMs?: number;
  /** Who or what ended it; absent where that is not known. */
  readonly cause?: ExitCause;
}

/**
 * The memory limit; a start that failed, so that nothing ran; a probe, which had the kubelet stop it; the container itself.
 * The first two are facts of the pod, the others take its events (context-explain.ts).
 */
export type ExitCause = 'oom' | 'start-failed' | 'liveness-probe' | 'startup-probe' | 'own-exit';
