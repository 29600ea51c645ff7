/**
 * Objects of which only the metadata matters (namespaces, owners): asked for as PartialObjectMetadata, so that the
 * server leaves the rest out (KEP-2332; meta/v1 in k8s.io/apimachinery).
 */
import type { OwnerFacts } from '../pipeline/pod-facts.ts';
import { CodedError } from '../platform/errors.ts';
import { MESSAGE_BYTES } from '../platform/limits.ts';
import { SILENCE_ANNOTATION } from './annotations.ts';
import { boundedText, word } from './bounded-text.ts';
import { fieldOf, stringOf } from './json-fields.ts';
import { objectFields } from './pod-fields.ts';
import { isUid, labelsOf, ownerOf } from './pod-facts-json.ts';
import { silentReadObserver, type ReadObserver } from './pod-reading.ts';
import { MetadataAccumulator, readMetadata } from './protobuf-metadata.ts';
import { fieldOf as fieldNumber, ProtobufReader, WireError } from './protobuf-reader.ts';
import type { AcceptHeaders, Keyed, Resource } from './resource.ts';

export interface ObjectMetadata extends Keyed {
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Annotation of this agent's own silences, '' without one. */
  readonly silence: string;
  /** The owner reference with controller=true, if any. */
  readonly owner: OwnerFacts | undefined;
  readonly isDeleting: boolean;
}

/** `Partial...List;g=meta.k8s.io;v=v1` for lists; JSON as it is, where a server can't do that. */
export const partialMetadataJson: AcceptHeaders = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
};

const partialMetadataProtobuf: AcceptHeaders = {
  list: 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1;stream=watch',
};

export function readMetadataJson(
  object: unknown,
  observer: ReadObserver = silentReadObserver,
): ObjectMetadata | CodedError {
  const metadata = fieldOf(object, 'metadata');
  const uid = stringOf(fieldOf(metadata, 'uid'));
  const name = word(fieldOf(metadata, 'name'));
  if (!isUid(uid)) return new CodedError('WATCH_OBJECT_INVALID', `object ${JSON.stringify(name)} has no usable uid`);
  return {
    uid,
    resourceVersion: word(fieldOf(metadata, 'resourceVersion')),
    namespace: word(fieldOf(metadata, 'namespace')),
    name,
    labels: labelsOf(fieldOf(metadata, 'labels'), observer),
    silence: boundedText(fieldOf(fieldOf(metadata, 'annotations'), SILENCE_ANNOTATION), MESSAGE_BYTES),
    owner: ownerOf(fieldOf(metadata, 'ownerReferences')),
    isDeleting: typeof fieldOf(metadata, 'deletionTimestamp') === 'string',
  };
}

/** Reads the metadata of any object. As ProtobufReader.read in resource.ts promises. */
function readMetadataProtobuf(
  reader: ProtobufReader,
  range: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  observer: ReadObserver,
): ObjectMetadata | CodedError {
  const found = new MetadataAccumulator();
  try {
    reader.reset(range.bytes, range.start, range.end);
    readFirstField(reader, found, observer);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return new CodedError('WATCH_OBJECT_INVALID', `metadata of ${range.end - range.start} bytes has ${error.message}`);
  } finally {
    reader.release();
  }
  const { uid, resourceVersion, namespace, name, labels, silence, owner, isDeleting } = found;
  if (uid === '') return new CodedError('WATCH_OBJECT_INVALID', `object ${JSON.stringify(name)} has no uid`);
  return { uid, resourceVersion, namespace, name, labels, silence, owner, isDeleting };
}

function readFirstField(reader: ProtobufReader, into: MetadataAccumulator, observer: ReadObserver): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (fieldNumber(tag) !== objectFields.metadata) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter(tag);
    readMetadata(reader, into, observer);
    reader.leave(outer);
  }
}

/** `resource` names kind, plural, group, path and namespace, such as `{kind: 'Namespace', plural: 'namespaces', ...}`. */
export function metadataResource(
  resource: Omit<Resource<ObjectMetadata>, 'codec'>,
  observer: ReadObserver = silentReadObserver,
): Resource<ObjectMetadata> {
  const reader = new ProtobufReader();
  return {
    ...resource,
    codec: {
      json: { accept: partialMetadataJson, read: (object) => readMetadataJson(object, observer) },
      protobuf: {
        accept: partialMetadataProtobuf,
        read: (bytes, start, end) => readMetadataProtobuf(reader, { bytes, start, end }, observer),
      },
    },
  };
}
