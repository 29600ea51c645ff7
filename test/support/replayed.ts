/** What replayed agents said, in terms of the facts it is about. */
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { ContainerFacts, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { decodeMemory } from '../../internal/pipeline/detect-memory.ts';
import { decodeIncidents } from '../../internal/pipeline/incidents-codec.ts';
import type { ScriptedOutbox } from './pipeline-rig.ts';

/** Names of occurrences that count as told. */
export function namesOf(findings: readonly Finding[]): Set<string> {
  return new Set(findings.flatMap(({ type, eventId, covers }) => (type === 'failure' ? [eventId, ...covers] : covers)));
}

/** Reason and id of each failure, sorted. */
export function failuresOf(findings: readonly Finding[]): string[] {
  const failures = findings.filter(({ type }) => type === 'failure');
  return failures.map(({ reason, eventId }) => `${reason} ${eventId}`).toSorted();
}

/** What is told, or closed, and was never there. */
export function strangersAmong(told: readonly Finding[], known: ReadonlySet<string>): string[] {
  const closed = told.flatMap(({ closes = [] }) => closes);
  return [...namesOf(told), ...closed].filter((name) => !known.has(name));
}

/** Exits of the pod's containers that showed in any of these looks. */
export function exitsSeen(looks: readonly PodFacts[], uid: string): Set<string> {
  const containers = looks.filter((pod) => pod.uid === uid).flatMap((pod) => pod.containers);
  const states = containers.flatMap(({ name, state, lastState }) => [state, lastState].map((one) => ({ name, one })));
  return new Set(states.flatMap(({ name, one }) => (one.kind === 'terminated' ? [`${name} ${one.containerId}`] : [])));
}

/** How often the pod's containers have exited, by what they count themselves. */
export function exitsCounted({ containers }: PodFacts): number {
  return containers.reduce((sum, container) => sum + exitsOf(container), 0);
}

function exitsOf({ restartCount, state, lastState, containerId }: ContainerFacts): number {
  const isBackingOff =
    state.kind === 'waiting' && lastState.kind === 'terminated' && lastState.containerId === containerId;
  return restartCount + (state.kind === 'terminated' || isBackingOff ? 1 : 0);
}

/** Restarts of the pod that nobody saw: told, and to be told with the next finding. */
export function unseenOf(told: readonly Finding[], outbox: ScriptedOutbox, uid: string): number {
  const ofPod = told.filter(({ pod }) => pod.uid === uid);
  const stored = (space: string): string => outbox.state.get(space)?.get(`uid:${uid}`) ?? '[]';
  const waiting = [
    ...(decodeMemory(stored('restarts'))?.values() ?? []),
    ...(decodeIncidents(stored('dedupe'), Infinity)?.values() ?? []),
  ];
  return (
    ofPod.reduce((sum, { restartsUnseen }) => sum + restartsUnseen, 0) +
    waiting.reduce((sum, { unseen }) => sum + unseen, 0)
  );
}
