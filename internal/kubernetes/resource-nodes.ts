/**
 * Nodes as a resource for the reflector: name, whether they are cordoned, whether Ready, and if not, since when and why;
 * nothing else. A Node carries the names of all its images, so all the rest is passed over where it lies.
 */
import { CodedError } from '../platform/errors.ts';
import type { NotReady } from '../pipeline/node-facts.ts';
import { MESSAGE_BYTES, WORD_BYTES } from '../platform/limits.ts';
import { boundedText, word } from './bounded-text.ts';
import { arrayOf, fieldOf as jsonField, stringOf } from './json-fields.ts';
import { nodeConditionFields, nodeFields, nodeSpecFields, nodeStatusFields } from './pod-fields.ts';
import { isUid, timeOf } from './pod-facts-json.ts';
import { silentReadObserver } from './pod-reading.ts';
import { MetadataAccumulator, readMetadata, readTime } from './protobuf-metadata.ts';
import { fieldOf, ProtobufReader, WireError } from './protobuf-reader.ts';
import { corePath, jsonAccept, protobufAccept, type Keyed, type Resource } from './resource.ts';

export interface NodeFacts extends Keyed {
  readonly name: string;
  /** Condition Ready is True. A node that says nothing of it is not. */
  readonly isReady: boolean;
  /** Its word on not being Ready; undefined while it is. */
  readonly notReady: NotReady | undefined;
  /** spec.unschedulable */
  readonly isCordoned: boolean;
}

const SAYS_NOTHING: NotReady = { sinceMs: 0, status: '', reason: '', message: '' };

/** All nodes. */
export function nodeResource(): Resource<NodeFacts> {
  const reader = new ProtobufReader();
  return {
    kind: 'Node',
    plural: 'nodes',
    group: '',
    path: corePath('nodes'),
    namespace: '',
    codec: {
      json: { accept: jsonAccept, read: readNodeJson },
      protobuf: {
        accept: protobufAccept,
        read: (bytes, start, end) => readNodeProtobuf(reader, bytes, start, end),
      },
    },
  };
}

export function readNodeJson(object: unknown): NodeFacts | CodedError {
  const metadata = jsonField(object, 'metadata');
  const uid = stringOf(jsonField(metadata, 'uid'));
  const name = word(jsonField(metadata, 'name'));
  if (!isUid(uid)) return new CodedError('WATCH_OBJECT_INVALID', `node ${JSON.stringify(name)} has no usable uid`);
  const conditions = arrayOf(jsonField(jsonField(object, 'status'), 'conditions'));
  const ready = conditions.filter((condition) => jsonField(condition, 'type') === 'Ready').map(notReadyOf);
  const isCordoned = jsonField(jsonField(object, 'spec'), 'unschedulable') === true;
  return nodeOf({ uid, resourceVersion: word(jsonField(metadata, 'resourceVersion')), name }, isCordoned, ready);
}

/** Ready is what is True in any condition of that type; else the first of them says why not. */
function nodeOf(
  metadata: Pick<NodeFacts, 'uid' | 'resourceVersion' | 'name'>,
  isCordoned: boolean,
  ready: readonly NotReady[],
): NodeFacts {
  const { uid, resourceVersion, name } = metadata;
  const isReady = ready.some(({ status }) => status === 'True');
  const notReady = isReady ? undefined : (ready[0] ?? SAYS_NOTHING);
  return { uid, resourceVersion, name, isReady, notReady, isCordoned };
}

function notReadyOf(condition: unknown): NotReady {
  return {
    sinceMs: timeOf(jsonField(condition, 'lastTransitionTime')),
    status: word(jsonField(condition, 'status')),
    reason: word(jsonField(condition, 'reason')),
    message: boundedText(jsonField(condition, 'message'), MESSAGE_BYTES),
  };
}

/** As ProtobufReader.read in resource.ts promises. */
function readNodeProtobuf(reader: ProtobufReader, bytes: Buffer, start: number, end: number): NodeFacts | CodedError {
  try {
    reader.reset(bytes, start, end);
    const node = readNode(reader);
    if (node.uid !== '') return node;
    return new CodedError('WATCH_OBJECT_INVALID', `node ${JSON.stringify(node.name)} has no uid`);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return new CodedError('WATCH_OBJECT_INVALID', `a node of ${end - start} bytes has ${error.message}`);
  } finally {
    reader.release();
  }
}

function readNode(reader: ProtobufReader): NodeFacts {
  const metadata = new MetadataAccumulator();
  const ready: NotReady[] = [];
  let isCordoned = false;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = fieldOf(tag);
    if (field !== nodeFields.metadata && field !== nodeFields.spec && field !== nodeFields.status) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    if (field === nodeFields.metadata) readMetadata(reader, metadata, silentReadObserver);
    else if (field === nodeFields.spec) isCordoned = readCordon(reader);
    else readStatus(reader, ready);
    reader.leave(outer);
  }
  return nodeOf(metadata, isCordoned, ready);
}

function readCordon(reader: ProtobufReader): boolean {
  let isCordoned = false;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (fieldOf(tag) === nodeSpecFields.unschedulable) isCordoned = reader.bool(tag);
    else reader.skip(tag);
  }
  return isCordoned;
}

function readStatus(reader: ProtobufReader, ready: NotReady[]): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (fieldOf(tag) !== nodeStatusFields.conditions) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    readCondition(reader, ready);
    reader.leave(outer);
  }
}

function readCondition(reader: ProtobufReader, ready: NotReady[]): void {
  let type = '';
  const condition = { ...SAYS_NOTHING };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case nodeConditionFields.type:
        type = reader.word(tag, WORD_BYTES);
        break;
      case nodeConditionFields.status:
        condition.status = reader.word(tag, WORD_BYTES);
        break;
      case nodeConditionFields.lastTransitionTime:
        condition.sinceMs = readTime(reader, tag);
        break;
      case nodeConditionFields.reason:
        condition.reason = reader.word(tag, WORD_BYTES);
        break;
      case nodeConditionFields.message:
        condition.message = reader.text(tag, MESSAGE_BYTES);
        break;
      default:
        reader.skip(tag);
    }
  }
  if (type === 'Ready') ready.push(condition);
}
