/**
 * Nodes as a resource for the reflector: name and whether they are Ready, nothing else. A Node carries the names of all
 * its images, so all the rest is passed over where it lies.
 */
import { CodedError } from '../platform/errors.ts';
import { WORD_BYTES } from '../platform/limits.ts';
import { word } from './bounded-text.ts';
import { arrayOf, fieldOf as jsonField, stringOf } from './json-fields.ts';
import { nodeConditionFields, nodeFields, nodeStatusFields } from './pod-fields.ts';
import { isUid } from './pod-facts-json.ts';
import { silentReadObserver } from './pod-reading.ts';
import { MetadataAccumulator, readMetadata } from './protobuf-metadata.ts';
import { fieldOf, ProtobufReader, WireError } from './protobuf-reader.ts';
import { corePath, jsonAccept, protobufAccept, type Keyed, type Resource } from './resource.ts';

export interface NodeFacts extends Keyed {
  readonly name: string;
  /** Condition Ready is True. A node that says nothing of it is not. */
  readonly isReady: boolean;
}

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
  const isReady = conditions.some(
    (condition) => jsonField(condition, 'type') === 'Ready' && jsonField(condition, 'status') === 'True',
  );
  return { uid, resourceVersion: word(jsonField(metadata, 'resourceVersion')), name, isReady };
}

/** As ProtobufReader.read in resource.ts promises. */
function readNodeProtobuf(reader: ProtobufReader, bytes: Buffer, start: number, end: number): NodeFacts | CodedError {
  try {
    reader.reset(bytes, start, end);
    const { uid, resourceVersion, name, isReady } = readNode(reader);
    if (uid === '') return new CodedError('WATCH_OBJECT_INVALID', `node ${JSON.stringify(name)} has no uid`);
    return { uid, resourceVersion, name, isReady };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return new CodedError('WATCH_OBJECT_INVALID', `a node of ${end - start} bytes has ${error.message}`);
  } finally {
    reader.release();
  }
}

function readNode(reader: ProtobufReader): NodeFacts {
  const metadata = new MetadataAccumulator();
  let isReady = false;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = fieldOf(tag);
    if (field !== nodeFields.metadata && field !== nodeFields.status) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    if (field === nodeFields.metadata) readMetadata(reader, metadata, silentReadObserver);
    else isReady = hasReady(reader);
    reader.leave(outer);
  }
  const { uid, resourceVersion, name } = metadata;
  return { uid, resourceVersion, name, isReady };
}

function hasReady(reader: ProtobufReader): boolean {
  let found = false;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (fieldOf(tag) !== nodeStatusFields.conditions) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    found ||= isReadyTrue(reader);
    reader.leave(outer);
  }
  return found;
}

function isReadyTrue(reader: ProtobufReader): boolean {
  let type = '';
  let status = '';
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = fieldOf(tag);
    if (field === nodeConditionFields.type) type = reader.word(tag, WORD_BYTES);
    else if (field === nodeConditionFields.status) status = reader.word(tag, WORD_BYTES);
    else reader.skip(tag);
  }
  return type === 'Ready' && status === 'True';
}
