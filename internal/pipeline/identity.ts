/**
 * The names of a failure. "No failure lost, none told twice" rests on them, so they are made from facts of the objects
 * alone: any replica, restart or relist makes the same name from the same fact, and two facts never share one.
 *
 * - event id: this occurrence of this fact. Never made from resourceVersion, wall clock, order of arrival, message,
 *   exit code, reason or finishedAt: each of these may differ between two looks at one fact (a reason may turn from
 *   Error into OOMKilled a moment later), or be the same for two facts.
 * - incident key: what keeps going on. Cooldown, `ongoing` and `resolved` work on it. It holds the subject, so that one
 *   pod's cooldown never hides another pod's first failure.
 * - fingerprint: the same trouble in many pods. It holds no cluster, node or pod, so that the plane can see one cause
 *   in forty clusters.
 * - group id: that same trouble in this one cluster: what a plane hangs one thread, ticket or card on.
 * - subject: the pod's uid; for the mirror of a static pod its node and config hash, as its uid changes whenever the
 *   kubelet makes the mirror anew.
 *
 * Each name is SHA-256 over its fields, cut to 128 bits: by the birthday bound a fleet that makes 10^12 ids has a
 * chance of 1 in 10^15 of one collision. Fields are length-prefixed before hashing, so that ('ab','c') and
 * ('a','bc') differ, and the first field names the kind, so that an event id is never an incident key.
 * The occurrence key, the part that says which occurrence, is made in identity-occurrence.ts.
 */
import { hash } from 'node:crypto';
import type { IncidentClass } from './finding.ts';
import type { ContainerRole, PodFacts } from './pod-facts.ts';
import type { Workload } from './identity-workload.ts';

/** Part of every event id. Raised when a rule of identity changes, as ids made before and after can't be compared. */
export const IDENTITY_VERSION = '1';

const NAME_HEX_DIGITS = 32;

/** What an incident is about: one pod, however often its object is made anew. */
export function subjectOf(pod: Pick<PodFacts, 'uid' | 'nodeName' | 'mirrorHash'>): string {
  return pod.mirrorHash === '' ? `uid:${pod.uid}` : `mirror:${encodeFields([pod.nodeName, pod.mirrorHash])}`;
}

export interface ContainerName {
  readonly role: ContainerRole;
  readonly name: string;
}

/** The id of one occurrence, in 32 hexadecimal digits. `container` is undefined for what concerns the whole pod. */
export function eventId(fact: {
  readonly clusterId: string;
  readonly subject: string;
  readonly container: ContainerName | undefined;
  readonly occurrence: string;
}): string {
  const { clusterId, subject, container, occurrence } = fact;
  return nameOf(['event', IDENTITY_VERSION, clusterId, subject, ...containerFields(container), occurrence]);
}

/** The key of what goes on: one for a subject, a container of it and a class of trouble. */
export function incidentKey(incident: {
  readonly clusterId: string;
  readonly subject: string;
  readonly container: ContainerName | undefined;
  readonly incidentClass: IncidentClass;
}): string {
  const { clusterId, subject, container, incidentClass } = incident;
  return nameOf(['incident', IDENTITY_VERSION, clusterId, subject, ...containerFields(container), incidentClass]);
}

/** What makes the troubles of many pods the same. */
export function fingerprint(trouble: {
  readonly namespace: string;
  readonly workload: Workload;
  readonly containerName: string;
  readonly family: string;
  readonly image: string;
}): string {
  const { namespace, workload, containerName, family, image } = trouble;
  return nameOf(['fingerprint', '1', namespace, workload.kind, workload.name, containerName, family, image]);
}

/** The id of all troubles with one fingerprint in one cluster, whenever they come. */
export function groupId(clusterId: string, ofFingerprint: string): string {
  return nameOf(['group', '1', clusterId, ofFingerprint]);
}

/** The id of a digest: one for the ids it tells of, in their order. */
export function digestId(eventIds: readonly string[]): string {
  return nameOf(['digest', '1', ...eventIds]);
}

/** The id of the recovery from `closedEventId`. */
export function resolvedId(closedEventId: string): string {
  return nameOf(['resolved', '1', closedEventId]);
}

/** The id of what is told when a silence has ended: one for each end, and for each part of the cluster. */
export function silencedId(silence: {
  readonly clusterId: string;
  readonly scope: string;
  readonly silence: string;
  readonly untilMs: number;
}): string {
  return nameOf(['silenced', '1', silence.clusterId, silence.scope, silence.silence, String(silence.untilMs)]);
}

/**
 * The id of telling again that an incident goes on: one for each cooldown's length of time, whoever tells it. A
 * cooldown of 0 makes one for each millisecond.
 */
export function ongoingId(incident: string, occurredAtMs: number, cooldownMs: number): string {
  return nameOf(['ongoing', '1', incident, String(ongoingBucket(occurredAtMs, cooldownMs))]);
}

/** Which cooldown's length of time since the epoch a moment falls into. */
export function ongoingBucket(occurredAtMs: number, cooldownMs: number): number {
  return Math.floor(occurredAtMs / Math.max(1, cooldownMs));
}

/** Fields as one string from which they could be read back: no two lists of fields give the same one. */
export function encodeFields(fields: readonly string[]): string {
  let encoded = '';
  for (const field of fields) encoded += `${field.length}:${field}`;
  return encoded;
}

/** A pod as a whole and a container with an empty name are told apart by the number of fields. */
function containerFields(container: ContainerName | undefined): readonly string[] {
  return container === undefined ? [] : [container.role, container.name];
}

function nameOf(fields: readonly string[]): string {
  return hash('sha256', encodeFields(fields), 'hex').slice(0, NAME_HEX_DIGITS);
}
