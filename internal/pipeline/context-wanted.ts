/**
 * What is asked about a finding, and what is told of it without asking anybody. Pure.
 */
import type { AskedKind, ContextKind, ContextSubject, FindingContext, LogOf } from './context.ts';
import type { Finding } from './finding.ts';
import { exitOccurrence, kindOf, loopOccurrence } from './identity-occurrence.ts';
import type { ContainerFacts, PodFacts } from './pod-facts.ts';
import { hintOf } from './reasons.ts';

/** In the order of their use: events explain, the rest shows. */
const ASKED_KINDS: readonly AskedKind[] = ['events', 'logs', 'limits'];

/** Which of `kinds` there is something to ask for. Of nodes and of what is over nothing. */
export function askedOf(finding: Finding, kinds: ReadonlySet<ContextKind>): AskedKind[] {
  const { type, pod, container, occurrence } = finding;
  if (type === 'resolved' || pod.namespace === '' || pod.uid === '') return [];
  const isExit = container?.exit !== undefined && ['exit', 'loop'].includes(kindOf(occurrence));
  const makesSense: Record<AskedKind, boolean> = { events: true, logs: isExit, limits: container !== undefined };
  return ASKED_KINDS.filter((kind) => kinds.has(kind) && makesSense[kind]);
}

/** `pod` gives the facts as they are at the moment of the call. */
export function subjectOfContext(finding: Finding, pod: () => PodFacts | undefined): ContextSubject {
  const { namespace, name, uid } = finding.pod;
  const container = finding.container?.name ?? '';
  const eventsUid = pod()?.mirrorHash || uid;
  return { namespace, name, uid, eventsUid, container, logOf: () => logOf(finding, containerOf(finding, pod())) };
}

/** What is known anyway. */
export function knownContext(
  finding: Finding,
  kinds: ReadonlySet<ContextKind>,
  pod: PodFacts | undefined,
): Omit<FindingContext, 'notes'> {
  if (finding.type === 'resolved') return {};
  const imageId = kinds.has('image') ? containerOf(finding, pod)?.imageId : undefined;
  return {
    ...(kinds.has('hint') ? { hint: hintOf(finding.reason, finding.container !== undefined) } : {}),
    ...(imageId === undefined || imageId === '' ? {} : { imageId }),
  };
}

function containerOf({ container }: Finding, pod: PodFacts | undefined): ContainerFacts | undefined {
  return container === undefined ? undefined : pod?.containers.find(({ name }) => name === container.name);
}

/**
 * The exit is in `state` until the next container starts, and in `lastState` from then on: that decides under which
 * name its log is to be had. An exit that has left both took its log with it.
 */
function logOf({ occurrence }: Finding, container: ContainerFacts | undefined): LogOf | undefined {
  if (container === undefined) return undefined;
  if (kindOf(occurrence) === 'loop') return loopOccurrence(container) === occurrence ? 'previous' : undefined;
  const shows = (where: 'state' | 'lastState'): boolean =>
    container[where].kind === 'terminated' && exitOccurrence(container, where) === occurrence;
  if (shows('state')) return 'current';
  return shows('lastState') ? 'previous' : undefined;
}
