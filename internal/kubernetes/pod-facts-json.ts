/**
 * From a pod as JSON, or from anything that claims to be one, to its facts. Never throws, whatever it is given; only an
 * object without a usable uid is refused. What has the wrong type counts as absent.
 */
import type { ContainerState, OwnerFacts, PodCondition, PodFacts } from '../pipeline/pod-facts.ts';
import { CodedError } from '../platform/errors.ts';
import { CONTAINERS_KEPT, LABELS_KEPT, MESSAGE_BYTES, UID_BYTES } from '../platform/limits.ts';
import { MIRROR_ANNOTATION, SILENCE_ANNOTATION } from './annotations.ts';
import { boundedText, word } from './bounded-text.ts';
import { JOB_TRACKING_FINALIZER } from './finalizers.ts';
import { digestOf, hashText } from './images-digest.ts';
import { arrayOf, fieldOf, integerOf, isRecord, stringOf } from './json-fields.ts';
import { keepsCondition } from './pod-conditions.ts';
import { joinContainers, noState, type ContainerSpec, type ContainerStatus } from './pod-containers.ts';
import { silentReadObserver, type PodReading, type ReadObserver } from './pod-reading.ts';
import { isQuiet, triage } from './pod-triage.ts';

/** Reads one pod for the store. */
export function readPodJson(pod: unknown, observer: ReadObserver = silentReadObserver): PodReading | CodedError {
  const metadata = fieldOf(pod, 'metadata');
  const uid = stringOf(fieldOf(metadata, 'uid'));
  if (!isUid(uid)) {
    const name = `${word(fieldOf(metadata, 'namespace'))}/${word(fieldOf(metadata, 'name'))}`;
    return new CodedError('WATCH_OBJECT_INVALID', `pod ${JSON.stringify(name)} has no usable uid`);
  }
  const facts = factsOf(uid, metadata, fieldOf(pod, 'spec'), fieldOf(pod, 'status'), observer);
  const { resourceVersion, namespace, name } = facts;
  return { uid, resourceVersion, namespace, name, isQuiet: isQuiet(triage(facts)), images: imagesOf(facts), facts };
}

/** A uid keys all that is kept: it is never cut, and never mended. */
export function isUid(uid: string): boolean {
  return uid !== '' && uid.length <= UID_BYTES && uid.isWellFormed() && Buffer.byteLength(uid) <= UID_BYTES;
}

/** The digest of the images in the spec of a pod. */
export function imagesOf(pod: Pick<PodFacts, 'containers'>): string {
  let digest = '';
  for (const { role, image } of pod.containers) if (role !== 'ephemeral') digest += digestOf(hashText(image));
  return digest;
}

function factsOf(uid: string, metadata: unknown, spec: unknown, status: unknown, observer: ReadObserver): PodFacts {
  const annotations = fieldOf(metadata, 'annotations');
  return {
    uid,
    namespace: word(fieldOf(metadata, 'namespace')),
    name: word(fieldOf(metadata, 'name')),
    resourceVersion: word(fieldOf(metadata, 'resourceVersion')),
    nodeName: word(fieldOf(spec, 'nodeName')),
    createdAtMs: timeOf(fieldOf(metadata, 'creationTimestamp')),
    deletionAtMs: timeOf(fieldOf(metadata, 'deletionTimestamp')),
    deletionGraceSeconds: integerOf(fieldOf(metadata, 'deletionGracePeriodSeconds')),
    labels: labelsOf(fieldOf(metadata, 'labels'), observer),
    mirrorHash: word(fieldOf(annotations, MIRROR_ANNOTATION)),
    silence: boundedText(fieldOf(annotations, SILENCE_ANNOTATION), MESSAGE_BYTES),
    owner: ownerOf(fieldOf(metadata, 'ownerReferences')),
    restartPolicy: restartPolicyOf(fieldOf(spec, 'restartPolicy')),
    phase: word(fieldOf(status, 'phase')),
    reason: word(fieldOf(status, 'reason')),
    message: boundedText(fieldOf(status, 'message'), MESSAGE_BYTES),
    conditions: conditionsOf(fieldOf(status, 'conditions'), observer),
    containers: containersOf(spec, status, observer),
    ...(arrayOf(fieldOf(metadata, 'finalizers')).includes(JOB_TRACKING_FINALIZER) ? { isJobTracked: true } : {}),
  };
}

/** metav1.Time: RFC 3339 in UTC, to the second. The zero time, and what is no time, is 0. */
export function timeOf(value: unknown): number {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return 0;
  const ms = Date.parse(value);
  return ms > 0 ? ms : 0;
}

/** In a Map, where no name a stranger chose has a meaning of its own. */
export function labelsOf(labels: unknown, observer: ReadObserver): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  if (!isRecord(labels)) return kept;
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value !== 'string') continue;
    if (kept.size >= LABELS_KEPT) {
      observer.truncated('labels');
      break;
    }
    kept.set(word(name), word(value));
  }
  return kept;
}

export function ownerOf(references: unknown): OwnerFacts | undefined {
  const owner = arrayOf(references).find((reference) => fieldOf(reference, 'controller') === true);
  if (owner === undefined) return undefined;
  return {
    apiVersion: word(fieldOf(owner, 'apiVersion')),
    kind: word(fieldOf(owner, 'kind')),
    name: word(fieldOf(owner, 'name')),
    uid: word(fieldOf(owner, 'uid')),
  };
}

const restartPolicies: Readonly<Record<string, PodFacts['restartPolicy']>> = {
  Always: 'Always',
  OnFailure: 'OnFailure',
  Never: 'Never',
};

export function restartPolicyOf(policy: unknown): PodFacts['restartPolicy'] {
  return typeof policy === 'string' && Object.hasOwn(restartPolicies, policy) ? (restartPolicies[policy] ?? '') : '';
}

function conditionsOf(conditions: unknown, observer: ReadObserver): PodCondition[] {
  const kept: PodCondition[] = [];
  for (const condition of arrayOf(conditions)) {
    const type = word(fieldOf(condition, 'type'));
    if (!keepsCondition(type, kept.length)) {
      observer.truncated('conditions');
      continue;
    }
    kept.push({
      type,
      status: word(fieldOf(condition, 'status')),
      reason: word(fieldOf(condition, 'reason')),
      message: boundedText(fieldOf(condition, 'message'), MESSAGE_BYTES),
      lastTransitionAtMs: timeOf(fieldOf(condition, 'lastTransitionTime')),
    });
  }
  return kept;
}

function containersOf(spec: unknown, status: unknown, observer: ReadObserver): PodFacts['containers'] {
  const specs = [
    ...arrayOf(fieldOf(spec, 'initContainers')).map((container) => specOf(container, initRole(container))),
    ...arrayOf(fieldOf(spec, 'containers')).map((container) => specOf(container, 'app')),
    ...arrayOf(fieldOf(spec, 'ephemeralContainers')).map((container) => specOf(container, 'ephemeral')),
  ];
  const statuses = [
    ...arrayOf(fieldOf(status, 'initContainerStatuses')).map((one) => statusOf(one, 'init')),
    ...arrayOf(fieldOf(status, 'containerStatuses')).map((one) => statusOf(one, 'app')),
    ...arrayOf(fieldOf(status, 'ephemeralContainerStatuses')).map((one) => statusOf(one, 'ephemeral')),
  ];
  if (specs.length > CONTAINERS_KEPT || statuses.length > CONTAINERS_KEPT) observer.truncated('containers');
  return joinContainers(specs.slice(0, CONTAINERS_KEPT), statuses.slice(0, CONTAINERS_KEPT));
}

/** KEP-753: an init container that is always restarted runs beside the app containers. */
function initRole(container: unknown): 'init' | 'sidecar' {
  return fieldOf(container, 'restartPolicy') === 'Always' ? 'sidecar' : 'init';
}

function specOf(container: unknown, role: ContainerSpec['role']): ContainerSpec {
  return { name: word(fieldOf(container, 'name')), image: word(fieldOf(container, 'image')), role };
}

function statusOf(status: unknown, list: ContainerStatus['list']): ContainerStatus {
  return {
    name: word(fieldOf(status, 'name')),
    list,
    image: word(fieldOf(status, 'image')),
    imageId: word(fieldOf(status, 'imageID')),
    containerId: word(fieldOf(status, 'containerID')),
    restartCount: integerOf(fieldOf(status, 'restartCount')),
    ready: fieldOf(status, 'ready') === true,
    started: fieldOf(status, 'started') === true,
    state: stateOf(fieldOf(status, 'state')),
    lastState: stateOf(fieldOf(status, 'lastState')),
  };
}

/** At most one of the three is set (core/v1 ContainerState). Where a liar sets more, the one that says most counts. */
function stateOf(state: unknown): ContainerState {
  const terminated = fieldOf(state, 'terminated');
  if (isRecord(terminated)) return terminationOf(terminated);
  const waiting = fieldOf(state, 'waiting');
  if (isRecord(waiting)) {
    const message = boundedText(fieldOf(waiting, 'message'), MESSAGE_BYTES);
    return { kind: 'waiting', reason: word(fieldOf(waiting, 'reason')), message };
  }
  const running = fieldOf(state, 'running');
  return isRecord(running) ? { kind: 'running', startedAtMs: timeOf(fieldOf(running, 'startedAt')) } : noState;
}

function terminationOf(terminated: Record<string, unknown>): ContainerState {
  return {
    kind: 'terminated',
    reason: word(fieldOf(terminated, 'reason')),
    message: boundedText(fieldOf(terminated, 'message'), MESSAGE_BYTES),
    exitCode: integerOf(fieldOf(terminated, 'exitCode')),
    signal: integerOf(fieldOf(terminated, 'signal')),
    startedAtMs: timeOf(fieldOf(terminated, 'startedAt')),
    finishedAtMs: timeOf(fieldOf(terminated, 'finishedAt')),
    containerId: word(fieldOf(terminated, 'containerID')),
  };
}
