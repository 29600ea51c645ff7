/**
 * Occurrence keys: what starts a new occurrence of a failure, and what doesn't. One function for each kind of fact.
 *
 * An exit is named by the container that exited; a waiting state, which carries no time, by the container it is to
 * replace (`after`). So a state that flips (ErrImagePull, ImagePullBackOff and back) is one occurrence until another
 * container has run and exited, and an exit is one whether it is read from `state` or later from `lastState`.
 * Nothing here looks at reasons, messages, exit codes, restart counts (but for `lost`) or times.
 */
import type { ContainerFacts } from './pod-facts.ts';

/** Kinds of occurrences, each the beginning of its keys. */
export type OccurrenceKind =
  | 'exit'
  | 'lost'
  | 'loop'
  | 'pull'
  | 'start'
  | 'pod-terminal'
  | 'disrupted'
  | 'unschedulable'
  | 'gated'
  | 'stuck-start'
  | 'unready'
  | 'terminating'
  | 'unknown'
  | 'node';

/** The whole pod has ended; there is one end for each subject. */
export const POD_TERMINAL = 'pod-terminal';

/** Somebody not planning for it took the pod's place: there is one such for each subject. */
export const DISRUPTED = 'disrupted';

/** What a pod is held back by before it has a node; one of each for each subject. */
export const UNSCHEDULABLE = 'unschedulable';
export const GATED = 'gated';

/** The pod should be gone and is not; one for each subject, whatever becomes of its grace. */
export const TERMINATING = 'terminating';

/** Says that no container came before. */
export const NO_CONTAINER = 'none';

/** The container that a waiting one is to replace. */
export function after(container: ContainerFacts): string {
  const { lastState } = container;
  const last = lastState.kind === 'terminated' ? lastState.containerId : '';
  return last || container.containerId || NO_CONTAINER;
}

/**
 * The key of the exit in `state` or in `lastState`. Where the termination names no container, the one in `state` is
 * that of the status itself; the one in `lastState` was lost, and only the restart count tells it from others.
 */
export function exitOccurrence(container: ContainerFacts, where: 'state' | 'lastState'): string {
  const termination = container[where];
  const named = termination.kind === 'terminated' ? termination.containerId : '';
  const id = named || (where === 'state' ? container.containerId : '');
  return id === '' ? `lost:${container.restartCount}` : `exit:${id}`;
}

export function loopOccurrence(container: ContainerFacts): string {
  return `loop:${after(container)}`;
}

/** The image is part of it: an edited image is another attempt. Its length keeps image and container apart. */
export function pullOccurrence(container: ContainerFacts): string {
  return `pull:${container.image.length}:${container.image}:${after(container)}`;
}

export function startOccurrence(container: ContainerFacts, family: string): string {
  return `start:${family}:${after(container)}`;
}

/** `lastTransitionAtMs` of condition Ready: the next one begins when the pod was Ready in between. */
export function unreadyOccurrence(lastTransitionAtMs: number): string {
  return `unready:${lastTransitionAtMs}`;
}

/** Phase Unknown, named by the same time. */
export function unknownOccurrence(lastTransitionAtMs: number): string {
  return `unknown:${lastTransitionAtMs}`;
}

/** A node that is not Ready, named by when its Ready left True, however it moves between False and Unknown. */
export function nodeOccurrence(leftReadyAtMs: number): string {
  return `node:${leftReadyAtMs}`;
}

export function kindOf(occurrence: string): OccurrenceKind {
  const colon = occurrence.indexOf(':');
  return (colon < 0 ? occurrence : occurrence.slice(0, colon)) as OccurrenceKind;
}

/**
 * What time means to a kind: it is `over` once it happened; it `moves-on`, with a time of its own that says how far (a
 * back-off has that of its last exit); or it `stands-still`, and its times say when it began and nothing else.
 */
const courses: Record<OccurrenceKind, 'over' | 'moves-on' | 'stands-still'> = {
  exit: 'over',
  lost: 'over',
  'pod-terminal': 'over',
  disrupted: 'over',
  loop: 'moves-on',
  pull: 'moves-on',
  start: 'moves-on',
  unschedulable: 'stands-still',
  gated: 'stands-still',
  'stuck-start': 'stands-still',
  unready: 'stands-still',
  terminating: 'stands-still',
  unknown: 'stands-still',
  node: 'stands-still',
};

/** True for a state that lasts as long as it shows, false for something that is over once it happened. */
export function goesOn(occurrence: string): boolean {
  const course = courses[kindOf(occurrence)];
  return course === 'moves-on' || course === 'stands-still';
}

/** True for a state of which each look is as good as the last. */
export function standsStill(occurrence: string): boolean {
  return courses[kindOf(occurrence)] === 'stands-still';
}

/** True for what makes an incident graver than what was told of it: an exit has become a loop. */
export function escalates(occurrence: string): boolean {
  return kindOf(occurrence) === 'loop';
}
