/**
 * What of an object goes into a recording: only what is needed to tell its story again. Named is what is kept, not what
 * is left out, so that a field nobody thought of, and what somebody put into it, stays behind: values of the environment,
 * arguments and commands, annotations but our own, volumes, managed fields. Of messages, which containers and runtimes
 * wrote, what looks like a secret is taken out. Pure; never throws, whatever it is given.
 */
import type { Redactor } from '../platform/redact.ts';
import { MIRROR_ANNOTATION, SILENCE_ANNOTATION } from './annotations.ts';
import { arrayOf, fieldOf, isRecord } from './json-fields.ts';
import type { RecordedKind } from './recording.ts';

const METADATA = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'ownerReferences',
  'finalizers',
];
const SPEC = [
  'nodeName',
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'priorityClassName',
  'schedulingGates',
  'activeDeadlineSeconds',
];
const CONTAINER = ['name', 'image', 'restartPolicy', 'resources', 'imagePullPolicy'];
const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'];
const JOB_SPEC = [
  'parallelism',
  'completions',
  'backoffLimit',
  'backoffLimitPerIndex',
  'podFailurePolicy',
  'activeDeadlineSeconds',
  'suspend',
];
const NODE_METADATA = ['name', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp'];
const NODE_SPEC = ['unschedulable', 'taints'];

/** How an object of each kind is stripped. */
export const stripped: Readonly<Record<RecordedKind, (object: unknown, redact: Redactor) => Record<string, unknown>>> =
  {
    Pod: strippedPod,
    Job: strippedJob,
    Node: strippedNode,
  };

/** What tells whether an attempt is the last. */
function strippedJob(job: unknown, redact: Redactor): Record<string, unknown> {
  const spec = fieldOf(job, 'spec');
  const template = fieldOf(fieldOf(spec, 'template'), 'spec');
  return {
    kind: 'Job',
    apiVersion: 'batch/v1',
    metadata: picked(fieldOf(job, 'metadata'), METADATA),
    spec: { ...picked(spec, JOB_SPEC), template: { spec: picked(template, ['restartPolicy']) } },
    status: cleaned(fieldOf(job, 'status') ?? {}, redact),
  };
}

/** What tells whether it is Ready. */
function strippedNode(node: unknown, redact: Redactor): Record<string, unknown> {
  const conditions = arrayOf(fieldOf(fieldOf(node, 'status'), 'conditions'));
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: picked(fieldOf(node, 'metadata'), NODE_METADATA),
    spec: picked(fieldOf(node, 'spec'), NODE_SPEC),
    status: cleaned({ conditions: conditions.filter((condition) => fieldOf(condition, 'type') === 'Ready') }, redact),
  };
}

/** A pod as JSON, stripped. */
export function strippedPod(pod: unknown, redact: Redactor): Record<string, unknown> {
  const metadata = fieldOf(pod, 'metadata');
  const spec = fieldOf(pod, 'spec');
  const annotations = picked(fieldOf(metadata, 'annotations'), [MIRROR_ANNOTATION, SILENCE_ANNOTATION]);
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { ...picked(metadata, METADATA), ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...picked(spec, SPEC), ...containersOf(spec) },
    status: cleaned(fieldOf(pod, 'status') ?? {}, redact),
  };
}

function containersOf(spec: unknown): Record<string, unknown> {
  const lists = CONTAINER_LISTS.filter((list) => fieldOf(spec, list) !== undefined);
  return Object.fromEntries(
    lists.map((list) => [list, arrayOf(fieldOf(spec, list)).map((container) => picked(container, CONTAINER))]),
  );
}

function picked(object: unknown, fields: readonly string[]): Record<string, unknown> {
  if (!isRecord(object)) return {};
  return Object.fromEntries(
    fields.filter((field) => Object.hasOwn(object, field)).map((field) => [field, object[field]]),
  );
}

/** Deeper than any status is nested; what is below that is left out. */
const DEEPEST = 12;

/** As it is, with each `message` redacted. */
function cleaned(value: unknown, redact: Redactor, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return undefined;
  if (Array.isArray(value)) return value.map((one) => cleaned(one, redact, depth + 1));
  const clean = ([field, one]: [string, unknown]): [string, unknown] => [
    field,
    field === 'message' && typeof one === 'string' ? redact(one) : cleaned(one, redact, depth + 1),
  ];
  return Object.fromEntries(Object.entries(value).map(clean));
}
