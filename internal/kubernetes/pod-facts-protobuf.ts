/**
 * From a pod's protobuf to its facts, all of them: read only for pods there is something to say about. Gives the same as
 * pod-facts-json.ts does for the same pod.
 */
import type { ContainerRole, PodCondition, PodFacts } from '../pipeline/pod-facts.ts';
import { CONTAINERS_KEPT, MESSAGE_BYTES, WORD_BYTES } from '../platform/limits.ts';
import { keepsCondition } from './pod-conditions.ts';
import { joinContainers, type ContainerSpec, type ContainerStatus } from './pod-containers.ts';
import { readContainerStatus } from './pod-status-protobuf.ts';
import {
  containerFields,
  ephemeralContainerFields,
  podConditionFields,
  podFields,
  podSpecFields,
  podStatusFields,
} from './pod-fields.ts';
import { restartPolicyOf } from './pod-facts-json.ts';
import type { ReadObserver } from './pod-reading.ts';
import { MetadataAccumulator, readMetadata, readTime } from './protobuf-metadata.ts';
import { fieldOf, type ProtobufReader } from './protobuf-reader.ts';

/** What is read of spec and status; filled in place. */
class PodAccumulator {
  readonly metadata = new MetadataAccumulator();
  nodeName = '';
  restartPolicy = '';
  phase = '';
  reason = '';
  message = '';
  readonly conditions: PodCondition[] = [];
  readonly specs: Record<ContainerStatus['list'], ContainerSpec[]> = { init: [], app: [], ephemeral: [] };
  readonly statuses: Record<ContainerStatus['list'], ContainerStatus[]> = { init: [], app: [], ephemeral: [] };
}

/** The facts of the pod that the reader is at. Throws WireError. The uid may be ''. */
export function readPodFacts(reader: ProtobufReader, observer: ReadObserver): PodFacts {
  const pod = new PodAccumulator();
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = fieldOf(tag);
    if (field !== podFields.metadata && field !== podFields.spec && field !== podFields.status) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    if (field === podFields.metadata) readMetadata(reader, pod.metadata, observer);
    else if (field === podFields.spec) readSpec(reader, pod);
    else readStatus(reader, pod, observer);
    reader.leave(outer);
  }
  return factsOf(pod, observer);
}

function factsOf(pod: PodAccumulator, observer: ReadObserver): PodFacts {
  const { metadata } = pod;
  const specs = inOrder(pod.specs, observer);
  const statuses = inOrder(pod.statuses, observer);
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    resourceVersion: metadata.resourceVersion,
    nodeName: pod.nodeName,
    createdAtMs: metadata.createdAtMs,
    deletionAtMs: metadata.deletionAtMs,
    deletionGraceSeconds: metadata.deletionGraceSeconds,
    labels: metadata.labels,
    mirrorHash: metadata.mirrorHash,
    silence: metadata.silence,
    owner: metadata.owner,
    restartPolicy: restartPolicyOf(pod.restartPolicy),
    phase: pod.phase,
    reason: pod.reason,
    message: pod.message,
    conditions: pod.conditions,
    containers: joinContainers(specs, statuses),
    ...(metadata.isJobTracked ? { isJobTracked: true } : {}),
  };
}

/** Init, app, ephemeral, as many as are kept. Nearly all pods have app containers only. */
function inOrder<C>({ init, app, ephemeral }: Record<ContainerStatus['list'], C[]>, observer: ReadObserver): C[] {
  const all = init.length + ephemeral.length === 0 ? app : [...init, ...app, ...ephemeral];
  if (all.length <= CONTAINERS_KEPT) return all;
  observer.truncated('containers');
  return all.slice(0, CONTAINERS_KEPT);
}

function readSpec(reader: ProtobufReader, pod: PodAccumulator): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case podSpecFields.containers:
        pod.specs.app.push(readContainer(reader, tag, 'app'));
        break;
      case podSpecFields.initContainers:
        pod.specs.init.push(readContainer(reader, tag, 'init'));
        break;
      case podSpecFields.ephemeralContainers:
        pod.specs.ephemeral.push(readEphemeral(reader, tag));
        break;
      case podSpecFields.restartPolicy:
        pod.restartPolicy = reader.word(tag, WORD_BYTES);
        break;
      case podSpecFields.nodeName:
        pod.nodeName = reader.word(tag, WORD_BYTES);
        break;
      default:
        reader.skip(tag);
    }
  }
}

/**
 * An init container that is always restarted is a sidecar (KEP-753). Others are left as soon as name and image are known:
 * their environment may be most of the pod.
 */
function readContainer(reader: ProtobufReader, tag: number, list: ContainerStatus['list']): ContainerSpec {
  const outer = reader.enter(tag);
  let name: string | undefined;
  let image: string | undefined;
  let role: ContainerRole = list;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    const field = fieldOf(inner);
    if (field === containerFields.name) name = reader.word(inner, WORD_BYTES);
    else if (field === containerFields.image) image = reader.word(inner, WORD_BYTES);
    else if (field === containerFields.restartPolicy && list === 'init') {
      role = reader.word(inner, WORD_BYTES) === 'Always' ? 'sidecar' : 'init';
    } else reader.skip(inner);
    if (list !== 'init' && name !== undefined && image !== undefined) break;
  }
  reader.leave(outer);
  return { name: name ?? '', image: image ?? '', role };
}

function readEphemeral(reader: ProtobufReader, tag: number): ContainerSpec {
  const outer = reader.enter(tag);
  let container: ContainerSpec = { name: '', image: '', role: 'ephemeral' };
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    if (fieldOf(inner) === ephemeralContainerFields.common) container = readContainer(reader, inner, 'ephemeral');
    else reader.skip(inner);
  }
  reader.leave(outer);
  return container;
}

function readStatus(reader: ProtobufReader, pod: PodAccumulator, observer: ReadObserver): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case podStatusFields.phase:
        pod.phase = reader.word(tag, WORD_BYTES);
        break;
      case podStatusFields.reason:
        pod.reason = reader.word(tag, WORD_BYTES);
        break;
      case podStatusFields.message:
        pod.message = reader.text(tag, MESSAGE_BYTES);
        break;
      case podStatusFields.conditions:
        pushCondition(reader, tag, pod.conditions, observer);
        break;
      case podStatusFields.containerStatuses:
        pod.statuses.app.push(readContainerStatus(reader, tag, 'app'));
        break;
      case podStatusFields.initContainerStatuses:
        pod.statuses.init.push(readContainerStatus(reader, tag, 'init'));
        break;
      case podStatusFields.ephemeralContainerStatuses:
        pod.statuses.ephemeral.push(readContainerStatus(reader, tag, 'ephemeral'));
        break;
      default:
        reader.skip(tag);
    }
  }
}

function pushCondition(reader: ProtobufReader, tag: number, into: PodCondition[], observer: ReadObserver): void {
  const outer = reader.enter(tag);
  const condition = { type: '', status: '', reason: '', message: '', lastTransitionAtMs: 0 };
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    switch (fieldOf(inner)) {
      case podConditionFields.type:
        condition.type = reader.word(inner, WORD_BYTES);
        break;
      case podConditionFields.status:
        condition.status = reader.word(inner, WORD_BYTES);
        break;
      case podConditionFields.lastTransitionTime:
        condition.lastTransitionAtMs = readTime(reader, inner);
        break;
      case podConditionFields.reason:
        condition.reason = reader.word(inner, WORD_BYTES);
        break;
      case podConditionFields.message:
        condition.message = reader.text(inner, MESSAGE_BYTES);
        break;
      default:
        reader.skip(inner);
    }
  }
  reader.leave(outer);
  if (keepsCondition(condition.type, into.length)) into.push(condition);
  else observer.truncated('conditions');
}
