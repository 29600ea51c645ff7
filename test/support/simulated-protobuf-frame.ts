/**
 * A watch frame around an object's message, in pieces, so that the message is not copied: a benchmark's server has to send
 * a hundred thousand of them faster than anybody reads. Byte for byte what `watchFrame(type, envelope(...))` makes of it.
 */
import { bytesField, encodeMessage, varint } from './protobuf-writer.ts';

/** What follows the message in runtime.Unknown: contentEncoding and contentType, both empty. */
const TAIL = Buffer.from([0x1a, 0, 0x22, 0]);
const MAGIC = Buffer.from('k8s\0');

const opened = new Map<string, { readonly type: Buffer; readonly envelope: Buffer }>();

/** Length, WatchEvent{type, RawExtension{raw}}, and in it `k8s\0` and a runtime.Unknown around `message`. */
export function framePieces(type: string, apiVersion: string, kind: string, message: Buffer): readonly Buffer[] {
  const before = openingsOf(type, apiVersion, kind);
  const messageHead = headOf(2, message.length);
  const envelopeLength = before.envelope.length + messageHead.length + message.length + TAIL.length;
  const rawHead = headOf(1, envelopeLength);
  const objectHead = headOf(2, rawHead.length + envelopeLength);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(before.type.length + objectHead.length + rawHead.length + envelopeLength);
  const head = Buffer.concat([length, before.type, objectHead, rawHead, before.envelope, messageHead]);
  return [head, message, TAIL];
}

function openingsOf(type: string, apiVersion: string, kind: string): { type: Buffer; envelope: Buffer } {
  const key = `${type} ${apiVersion} ${kind}`;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const typeMeta = encodeMessage({ apiVersion: [1, 'string'], kind: [2, 'string'] }, { apiVersion, kind });
  const made = { type: bytesField(1, Buffer.from(type)), envelope: Buffer.concat([MAGIC, bytesField(1, typeMeta)]) };
  opened.set(key, made);
  return made;
}

/** Tag and length of a field of bytes. */
function headOf(field: number, length: number): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(length)]);
}
