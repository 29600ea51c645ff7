/**
 * Finding -> final wire bytes, once, when the finding is appended to the outbox; every later attempt sends these bytes.
 *
 * Promises: one JSON object in well-formed UTF-8, at most EVENT_BYTES long whatever the finding holds (wire-trim.ts);
 * the same finding gives the same bytes; a tenant's labels never take the place of those of the namespace. It never
 * throws. Not done here: choosing what is sent, and the ids (pipeline/identity.ts).
 */
import type { Finding, FindingPod } from '../pipeline/finding.ts';
import type { OwnerFacts } from '../pipeline/pod-facts.ts';
import { EVENT_BYTES } from '../platform/limits.ts';
import { redact, type Redactor } from '../platform/redact.ts';
import { contextOf } from './wire-context.ts';
import type { WireEvent } from './wire-event.ts';
import { silencedOf } from './wire-silenced.ts';
import { encodeWithin } from './wire-trim.ts';

/** What controls a pod in the end, such as the Deployment behind its ReplicaSet. */
export interface Workload {
  readonly kind: string;
  readonly name: string;
}

/** What the encoder must know beside the finding. */
export interface WireContext {
  readonly agentVersion: string;
  /** The namespace's labels; undefined while they are not known. */
  namespaceLabels(namespace: string): ReadonlyMap<string, string> | undefined;
  /** Which part of the cluster this agent tells of, as far as this pod goes; absent or undefined where that is all of it. */
  scopeOf?(pod: Pick<FindingPod, 'namespace' | 'nodeName'>): string | undefined;
  /** The workload behind a pod's controller; undefined where it isn't known, then the controller itself is told. */
  workloadOf(namespace: string, owner: OwnerFacts): Workload | undefined;
  /** The id of all troubles with one fingerprint in this cluster; left out where absent. */
  groupOf?(fingerprint: string): string;
  /** Takes secrets out of messages. Default: what looks like one anywhere (platform/redact.ts). */
  readonly redact?: Redactor;
}

/** The labels that say whose a pod is, and the field each fills. */
const ownership = [
  { label: 'project-id', field: 'project_id' },
  { label: 'owner-id', field: 'owner_id' },
  { label: 'workload-id', field: 'workload_id' },
] as const;

type OwnershipIds = Pick<WireEvent, 'project_id' | 'owner_id' | 'workload_id' | 'claimed_ids'>;

/** The last moment RFC 3339 can write: its years have four digits. */
const LAST_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The finding as wire bytes, at most EVENT_BYTES of them. */
export function encodeFinding(finding: Finding, context: WireContext): Uint8Array {
  return encodeWithin(wireEventOf(finding, context), EVENT_BYTES);
}

/** The finding in the words of the wire, not yet trimmed. */
export function wireEventOf(finding: Finding, context: WireContext): WireEvent {
  const { pod, container } = finding;
  const workload = workloadOf(pod, context);
  return {
    event_id: finding.eventId,
    type: finding.type,
    namespace: pod.namespace,
    name: pod.name,
    phase: pod.phase,
    reason: finding.reason,
    message: (context.redact ?? redact)(finding.message),
    restart_count: pod.restartCount,
    container_name: container?.name ?? '',
    ...ownershipOf(pod, context),
    workload_kind: workload.kind,
    workload_name: workload.name,
    labels: Object.fromEntries(pod.labels),
    ...occurrenceOf(finding),
    observed_at: rfc3339(finding.observedAtMs),
    pod_uid: pod.uid,
    node_name: pod.nodeName,
    ...containerOf(finding),
    incident_key: finding.incidentKey,
    incident_class: finding.incidentClass,
    fingerprint: finding.fingerprint,
    ...(context.groupOf === undefined ? {} : { group_id: context.groupOf(finding.fingerprint) }),
    severity: finding.severity,
    covers: [...finding.covers],
    ...(finding.closes === undefined ? {} : { closes: [...finding.closes] }),
    ...occurrencesOf(finding),
    ...silencedOf(finding.silenced, context.redact ?? redact),
    restarts_unseen: finding.restartsUnseen,
    ...contextOf(finding.context),
    ...scopeOf(pod, context),
    agent_version: context.agentVersion,
  };
}

/** A pod of nobody's is its own workload. */
function workloadOf(pod: FindingPod, context: WireContext): Workload {
  if (pod.owner === undefined) return { kind: 'Pod', name: pod.name };
  return context.workloadOf(pod.namespace, pod.owner) ?? { kind: pod.owner.kind, name: pod.owner.name };
}

/**
 * Whoever may make a pod can put any label on it, while labels of a namespace are set by those who own the cluster. So
 * the namespace's value wins, and a value that only the pod gives is marked as its claim. Where the namespace's labels are
 * not known, no claim is believed: it might contradict them.
 */
function ownershipOf(pod: FindingPod, context: WireContext): OwnershipIds {
  const trusted = context.namespaceLabels(pod.namespace);
  const ids: OwnershipIds = { project_id: '', owner_id: '', workload_id: '' };
  if (trusted === undefined) return ids;
  const claimed: string[] = [];
  for (const { label, field } of ownership) {
    const given = trusted.get(label);
    const claim = pod.labels.get(label);
    ids[field] = given ?? claim ?? '';
    if (given === undefined && claim !== undefined) claimed.push(field);
  }
  return claimed.length === 0 ? ids : { ...ids, claimed_ids: claimed };
}

function occurrenceOf(finding: Finding): Pick<WireEvent, 'occurred_at'> {
  return finding.occurredAtMs === 0 ? {} : { occurred_at: rfc3339(finding.occurredAtMs) };
}

function occurrencesOf({ occurrences = 1 }: Finding): Pick<WireEvent, 'occurrences'> {
  return occurrences > 1 ? { occurrences } : {};
}

function scopeOf(pod: FindingPod, context: WireContext): Pick<WireEvent, 'scope'> {
  const scope = context.scopeOf?.(pod);
  return scope === undefined ? {} : { scope };
}

type ContainerFields = Pick<
  WireEvent,
  'container_role' | 'image' | 'exit_code' | 'signal' | 'exit_reason' | 'exit_cause' | 'ran_for_ms'
>;

function containerOf({ container }: Finding): ContainerFields {
  if (container === undefined) return {};
  const { role: container_role, image, exit } = container;
  if (exit === undefined) return { container_role, image };
  return {
    ...{ container_role, image, exit_code: exit.code, signal: exit.signal },
    ...(exit.reason === undefined ? {} : { exit_reason: exit.reason }),
    exit_cause: exit.cause ?? 'unknown',
    ...(exit.ranForMs === undefined ? {} : { ran_for_ms: exit.ranForMs }),
  };
}

function rfc3339(atMs: number): string {
  return new Date(Number.isFinite(atMs) ? Math.min(Math.max(0, atMs), LAST_MOMENT_MS) : 0).toISOString();
}
