/**
 * The envelope of Kubernetes' protobuf: four bytes of magic, then a runtime.Unknown that names the kind and holds the
 * object's own bytes (apimachinery, runtime/serializer/protobuf). Opened in place.
 */
import { CodedError } from '../platform/errors.ts';
import { statusDetailsFields, statusFields, typeMetaFields, unknownFields } from './pod-fields.ts';
import { fieldOf, WireError, type ProtobufReader } from './protobuf-reader.ts';

const MAGIC = 0x6b387300; // 'k8s\0'
export const MAGIC_BYTES = 4;

const WORD = 64;
const TEXT = 512;

/** Does `bytes[start, end)` begin as an envelope does? */
export function isEnvelope(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= MAGIC_BYTES && bytes.readUInt32BE(start) === MAGIC;
}

/** Puts the reader at the object in the envelope `bytes[start, end)` and returns its kind. Throws WireError. */
export function openEnvelope(reader: ProtobufReader, bytes: Buffer, start: number, end: number): string {
  if (!isEnvelope(bytes, start, end)) throw new WireError('no envelope');
  reader.reset(bytes, start + MAGIC_BYTES, end);
  let kind = '';
  let rawStart = end;
  let rawEnd = end;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case unknownFields.typeMeta:
        kind = readKind(reader, tag);
        break;
      case unknownFields.raw: {
        const size = reader.range(tag);
        rawStart = reader.at - size;
        rawEnd = reader.at;
        break;
      }
      case unknownFields.contentEncoding:
        if (reader.range(tag) > 0) throw new WireError('an envelope with an encoding');
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.reset(bytes, rawStart, rawEnd);
  return kind;
}

function readKind(reader: ProtobufReader, tag: number): string {
  const outer = reader.enter(tag);
  let kind = '';
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    if (fieldOf(inner) === typeMetaFields.kind) kind = reader.word(inner, WORD);
    else reader.skip(inner);
  }
  reader.leave(outer);
  return kind;
}

/** A meta/v1 Status as its JSON would be, as far as it is of use. The reader is at the object. */
export function readStatus(reader: ProtobufReader): Record<string, unknown> {
  const status = { kind: 'Status', code: 0, reason: '', message: '', details: { retryAfterSeconds: 0 } };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (fieldOf(tag)) {
      case statusFields.message:
        status.message = reader.text(tag, TEXT);
        break;
      case statusFields.reason:
        status.reason = reader.word(tag, WORD);
        break;
      case statusFields.code:
        status.code = reader.int32(tag);
        break;
      case statusFields.details:
        status.details.retryAfterSeconds = readRetryAfter(reader, tag);
        break;
      default:
        reader.skip(tag);
    }
  }
  return status;
}

function readRetryAfter(reader: ProtobufReader, tag: number): number {
  const outer = reader.enter(tag);
  let seconds = 0;
  for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
    if (fieldOf(inner) === statusDetailsFields.retryAfterSeconds) seconds = reader.int32(inner);
    else reader.skip(inner);
  }
  reader.leave(outer);
  return seconds;
}

/** What `read` returns; a WireError becomes a coded error that says what was being read. Other errors pass. */
export function withCodes<R>(what: string, code: 'WATCH_FRAME_INVALID' | 'WATCH_OBJECT_INVALID', read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw error instanceof WireError ? new CodedError(code, `${what}: ${error.message}`) : error;
  }
}
