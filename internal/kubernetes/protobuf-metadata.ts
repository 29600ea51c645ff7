/**
 * ObjectMeta from protobuf, whole: for pods whose facts are kept, for namespaces and owners, and for bookmarks.
 */
import type { OwnerFacts } from '../pipeline/pod-facts.ts';
import { LABELS_KEPT, MESSAGE_BYTES, UID_BYTES, WORD_BYTES } from '../platform/limits.ts';
import { MIRROR_ANNOTATION, SILENCE_ANNOTATION } from './annotations.ts';
import { JOB_TRACKING_FINALIZER } from './finalizers.ts';
import { mapEntryFields, objectMetaFields, ownerReferenceFields, timeFields } from './pod-fields.ts';
import type { ReadObserver } from './pod-reading.ts';
import { fieldOf, WireError, type ProtobufReader } from './protobuf-reader.ts';
import { INITIAL_EVENTS_END } from './watch-stream.ts';

/** What is read of metadata; filled in place. */
export class MetadataAccumulator {
  uid = '';
  namespace = '';
  name = '';
  resourceVersion = '';
  createdAtMs = 0;
  deletionAtMs = 0;
  isDeleting = false;
  deletionGraceSeconds = 0;
  readonly labels = new Map<string, string>();
  areLabelsCut = false;
  mirrorHash = '';
  silence = '';
  isJobTracked = false;
  endsInitialEvents = false;
  owner: OwnerFacts | undefined;
}

/** Reads the metadata that the reader is in into `into`. */
export function readMetadata(reader: ProtobufReader, into: MetadataAccumulator, observer: ReadObserver): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case objectMetaFields.name:
        into.name = reader.text(tag, WORD_BYTES);
        break;
      case objectMetaFields.namespace:
        into.namespace = reader.word(tag, WORD_BYTES);
        break;
      case objectMetaFields.uid:
        into.uid = readUid(reader, tag);
        break;
      case objectMetaFields.resourceVersion:
        into.resourceVersion = reader.text(tag, WORD_BYTES);
        break;
      case objectMetaFields.creationTimestamp:
        into.createdAtMs = readTime(reader, tag);
        break;
      case objectMetaFields.deletionTimestamp:
        into.isDeleting = true;
        into.deletionAtMs = readTime(reader, tag);
        break;
      case objectMetaFields.deletionGracePeriodSeconds:
        into.deletionGraceSeconds = reader.int64(tag);
        break;
      case objectMetaFields.labels:
        readLabel(reader, tag, into, observer);
        break;
      case objectMetaFields.annotations:
        readAnnotation(reader, tag, into);
        break;
      case objectMetaFields.ownerReferences:
        readOwner(reader, tag, into);
        break;
      case objectMetaFields.finalizers:
        if (reader.word(tag, WORD_BYTES) === JOB_TRACKING_FINALIZER) into.isJobTracked = true;
        break;
      default:
        reader.skip(tag);
    }
  }
}

/** A uid keys all that is kept: it is never cut, and never mended. */
export function readUid(reader: ProtobufReader, tag: number): string {
  const size = reader.range(tag);
  const { bytes, at } = reader;
  for (let index = at - size; index < at; index++) {
    if ((bytes[index] ?? 0) >= 0x80) throw new WireError('a uid that is not ASCII');
  }
  if (size > UID_BYTES) throw new WireError('a uid that is too long');
  return bytes.utf8Slice(at - size, at);
}

/** metav1.Time in Ms; 0 for the zero time, which is an empty message. */
export function readTime(reader: ProtobufReader, tag: number): number {
  const outer = reader.enter(tag);
  let seconds = 0;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    if (fieldOf(inner) === timeFields.seconds) {
      seconds = reader.int64(inner);
      break;
    }
    reader.skip(inner);
  }
  reader.leave(outer);
  return seconds > 0 ? seconds * 1000 : 0;
}

function readLabel(reader: ProtobufReader, tag: number, into: MetadataAccumulator, observer: ReadObserver): void {
  const outer = reader.enter(tag);
  let name = '';
  let value = '';
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    const field = fieldOf(inner);
    if (field === mapEntryFields.key) name = reader.word(inner, WORD_BYTES);
    else if (field === mapEntryFields.value) value = reader.word(inner, WORD_BYTES);
    else reader.skip(inner);
  }
  reader.leave(outer);
  if (into.labels.size < LABELS_KEPT) into.labels.set(name, value);
  else if (!into.areLabelsCut) {
    into.areLabelsCut = true;
    observer.truncated('labels');
  }
}

/** Annotations may be 256 KiB: only the value of one that is read is decoded. */
function readAnnotation(reader: ProtobufReader, tag: number, into: MetadataAccumulator): void {
  const outer = reader.enter(tag);
  let name = '';
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    const field = fieldOf(inner);
    if (field === mapEntryFields.key) name = reader.word(inner, WORD_BYTES);
    else if (field !== mapEntryFields.value) reader.skip(inner);
    else if (name === MIRROR_ANNOTATION) into.mirrorHash = reader.text(inner, WORD_BYTES);
    else if (name === SILENCE_ANNOTATION) into.silence = reader.text(inner, MESSAGE_BYTES);
    else if (name === INITIAL_EVENTS_END) into.endsInitialEvents = reader.word(inner, WORD_BYTES) === 'true';
    else reader.skip(inner);
  }
  reader.leave(outer);
}

/** The first that is the controller counts; the API server lets through only one. */
function readOwner(reader: ProtobufReader, tag: number, into: MetadataAccumulator): void {
  const outer = reader.enter(tag);
  const owner = { apiVersion: '', kind: '', name: '', uid: '' };
  let isController = false;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    switch (fieldOf(inner)) {
      case ownerReferenceFields.apiVersion:
        owner.apiVersion = reader.word(inner, WORD_BYTES);
        break;
      case ownerReferenceFields.kind:
        owner.kind = reader.word(inner, WORD_BYTES);
        break;
      case ownerReferenceFields.name:
        owner.name = reader.word(inner, WORD_BYTES);
        break;
      case ownerReferenceFields.uid:
        owner.uid = reader.word(inner, WORD_BYTES);
        break;
      case ownerReferenceFields.controller:
        isController = reader.bool(inner);
        break;
      default:
        reader.skip(inner);
    }
  }
  reader.leave(outer);
  if (isController) into.owner ??= owner;
}
