/**
 * One ReplicaSet's metadata, one Job: read by name, once, for a finding that asks. Nothing of a ReplicaSet but metadata
 * (PartialObjectMetadata, as protobuf where the server has it); a Job whole, as JSON, since what matters of it is in
 * spec and status.
 */
import type { JobFacts, OwnerName, OwnerRead } from '../pipeline/owner-lookup.ts';
import { CodedError } from '../platform/errors.ts';
import { arrayOf, fieldOf, integerOf, stringOf } from './json-fields.ts';
import { isEnvelope, openEnvelope } from './protobuf-envelope.ts';
import { ProtobufReader, WireError } from './protobuf-reader.ts';
import { metadataResource, readMetadataJson, type ObjectMetadata } from './resource-metadata.ts';
import { statusError, type Subject } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

/** etcd takes no larger object. */
const OBJECT_BYTES = 2 * 1024 * 1024;
const TIMEOUT_MS = 5_000;
/** batch/v1, SetDefaults_Job. */
const DEFAULT_BACKOFF_LIMIT = 6;

const places = {
  ReplicaSet: { group: 'apps', resource: 'replicasets' },
  Job: { group: 'batch', resource: 'jobs' },
} as const;

/** In the words of RBAC. */
function subjectOfOwner({ kind, namespace, name }: OwnerName): Subject {
  return { verb: 'get', ...places[kind], namespace, name };
}

/** Undefined where there is none of that name. Rejects with a CodedError: API_FORBIDDEN, API_UNREACHABLE, ... */
export async function readOwner(
  transport: Pick<ApiTransport, 'request'>,
  named: OwnerName,
  signal: AbortSignal,
): Promise<OwnerRead | undefined> {
  const { group, resource } = places[named.kind];
  const at = [named.namespace, resource, named.name].map((part) => encodeURIComponent(part)).join('/');
  const answer = await transport.request(
    { method: 'GET', path: `/apis/${group}/v1/namespaces/${at}`, headers: { accept: accepts[named.kind] } },
    { timeoutMs: TIMEOUT_MS, maxBytes: OBJECT_BYTES, signal },
  );
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw statusError(subjectOfOwner(named), answer);
  return named.kind === 'Job' ? read(readJobJson(parse(answer.body))) : readReplicaSet(answer.body);
}

const replicaSets = metadataResource({
  ...{ kind: 'ReplicaSet', plural: 'replicasets', group: 'apps', path: '/apis/apps/v1/replicasets', namespace: '' },
}).codec;

const accepts = {
  // A single object is asked for as a watch's objects are, but for the framing.
  ReplicaSet: [
    'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    replicaSets.json.accept.watch,
  ].join(','),
  Job: 'application/json',
} as const;

function readReplicaSet(body: Buffer): OwnerRead {
  const { uid, owner } = read(isEnvelope(body, 0, body.length) ? readProtobuf(body) : readMetadataJson(parse(body)));
  return { uid, owner, job: undefined };
}

function readProtobuf(body: Buffer): ObjectMetadata | CodedError | undefined {
  try {
    const reader = new ProtobufReader();
    openEnvelope(reader, body, 0, body.length);
    return replicaSets.protobuf?.read(reader.bytes, reader.at, reader.end, false);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A Job as JSON; an error where it has no uid. Never throws, whatever it is given. */
export function readJobJson(object: unknown): OwnerRead | CodedError {
  const metadata = readMetadataJson(object);
  if (metadata instanceof CodedError) return metadata;
  const { uid, owner } = metadata;
  return { uid, owner, job: jobFacts(uid, object) };
}

function jobFacts(uid: string, object: unknown): JobFacts {
  const spec = fieldOf(object, 'spec');
  const status = fieldOf(object, 'status');
  const limit = fieldOf(spec, 'backoffLimit');
  const uncounted = arrayOf(fieldOf(fieldOf(status, 'uncountedTerminatedPods'), 'failed')).map(stringOf);
  const template = fieldOf(fieldOf(spec, 'template'), 'spec');
  const restartPolicy = fieldOf(template, 'restartPolicy') === 'OnFailure' ? 'OnFailure' : 'Never';
  return {
    uid,
    backoffLimit: limit === undefined ? DEFAULT_BACKOFF_LIMIT : integerOf(limit),
    hasOwnRules: hasOwnRules(spec, restartPolicy),
    restartPolicy,
    failed: integerOf(fieldOf(status, 'failed')),
    ...(uncounted.length === 0 ? {} : { uncounted }),
    isFailed: arrayOf(fieldOf(status, 'conditions')).some(isFailure),
  };
}

/**
 * Whether the limit alone doesn't say how many attempts are left. Pods that restart in place use it up together
 * (job_controller.go, pastBackoffLimitOnFailure), and one of them says nothing of the others.
 */
function hasOwnRules(spec: unknown, restartPolicy: JobFacts['restartPolicy']): boolean {
  const rules = [fieldOf(spec, 'backoffLimitPerIndex'), fieldOf(spec, 'podFailurePolicy')];
  if (rules.some((rule) => rule !== undefined && rule !== null)) return true;
  return restartPolicy === 'OnFailure' && integerOf(fieldOf(spec, 'parallelism')) > 1;
}

/** FailureTarget: it has failed, and its pods are being ended (KEP-3998). */
function isFailure(condition: unknown): boolean {
  const type = fieldOf(condition, 'type');
  return (type === 'Failed' || type === 'FailureTarget') && fieldOf(condition, 'status') === 'True';
}

function read<T>(owner: T | CodedError | undefined): T {
  if (owner instanceof CodedError) throw new CodedError('API_ANSWER_INVALID', owner.message);
  if (owner === undefined) throw new CodedError('API_ANSWER_INVALID', 'an owner that is no protobuf');
  return owner;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
