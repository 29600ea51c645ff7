/**
 * The words detection is written in: what it is given, what a detector sees (Sighting, Silence), what comes out.
 * Types only.
 */
import type { Finding, IncidentClass, Severity } from './finding.ts';
import type { ContainerFacts, PodChange, PodFacts, Termination } from './pod-facts.ts';
import type { PlannedReason } from './planned.ts';
import type { PodMemory } from './detect-memory.ts';
import type { ReasonEntry } from './reasons.ts';
import type { StuckDelays } from './stuck-delays.ts';

/** What detection needs beside the pod itself. */
export interface DetectContext {
  readonly clusterId: string;
  /** When the change was seen. Ms since the epoch. */
  readonly nowMs: number;
  readonly change: Exclude<PodChange['type'], 'left'>;
  /**
   * True where nobody has looked at this pod before, so that its restart counts are a beginning and not a jump: at an
   * initial sync, or after memory was given up for lack of room.
   */
  readonly isFirstLook: boolean;
  /** What the last look left, undefined for a pod that has never been in trouble. */
  readonly memory: PodMemory | undefined;
  /** The facts before this change, where the store still has them: they show which part of the spec was edited. */
  readonly before?: PodFacts | undefined;
  /** Since when the pod's node is not Ready, if it isn't and that is told itself. */
  readonly nodeNotReadySinceMs?: number | undefined;
  /**
   * True for a change that a watch brought. A watch that was away brings what has been, change by change: this one may be
   * old, and the next one on its way. What lasts is then not told yet, but looked at again.
   */
  readonly mayBeOld?: boolean;
  /** How long a state may last; what is absent has its default. */
  readonly delays?: Partial<StuckDelays> | undefined;
}

export interface Detection {
  readonly findings: readonly Finding[];
  readonly silences: readonly Silence[];
  /** What is silenced because its node is told instead, or is not told yet: it goes on all the same. Absent where there is none. */
  readonly hidden?: readonly Finding[];
  /** To be kept for the next look; the very object that was given if nothing changed. */
  readonly memory: PodMemory | undefined;
  /** Look at the pod again then, even if nothing changes; undefined if time alone changes nothing. */
  readonly lookAgainAtMs: number | undefined;
  /** Something is told then, unless it shows no more: a look that was to be sooner stays. */
  readonly isTellingPutOff?: boolean;
}

export type SilenceReason =
  | PlannedReason
  /** A debug container is nobody's failure. */
  | 'ephemeral'
  /** Part of the end of the pod, which is told as one. */
  | 'evidence'
  /** A disruption that may still be called off; it is told when the pod is deleted or has failed. */
  | 'disruption-pending'
  /** Told by the exit that caused it. */
  | 'explained-by-exit'
  /** Told by its node, which is not Ready. */
  | 'node-not-ready';

/** A trouble that was seen and is no failure, with the reason why. */
export interface Silence {
  readonly reason: SilenceReason;
  /** Kubernetes' word for what is not told. */
  readonly about: string;
  /** '' for the whole pod. */
  readonly container: string;
}

/** One failure a detector saw, before it is named. */
export interface Sighting {
  readonly occurrence: string;
  readonly container: ContainerFacts | undefined;
  readonly reason: string;
  readonly families: readonly string[];
  readonly incidentClass: IncidentClass;
  readonly severity: Severity;
  readonly message: string;
  readonly occurredAtMs: number;
  readonly exit: Termination | undefined;
  /** Other views of the same attempt: their container (undefined: the pod) and occurrence key. */
  readonly covers: readonly { readonly container: ContainerFacts | undefined; readonly occurrence: string }[];
}

/** What the end of a whole pod is, if it has ended. */
export type Terminal =
  | { readonly kind: 'none' }
  /** It has failed because of exits that are told themselves. */
  | { readonly kind: 'explained' }
  | { readonly kind: 'planned'; readonly reason: PlannedReason }
  | { readonly kind: 'failed'; readonly entry: ReasonEntry; readonly message: string; readonly sinceMs: number };

/** What all detectors look at. `sightings` and `silences` are what they add to. */
export interface Look {
  readonly pod: PodFacts;
  readonly context: DetectContext;
  readonly terminal: Terminal;
  readonly sightings: Sighting[];
  readonly silences: Silence[];
}

/** One kind of trouble. Pure but for adding to the look; may return when to look again. */
export interface Detector {
  readonly name: string;
  readonly detect: (look: Look) => number | undefined;
}
