/**
 * JSON objects as protobuf, by a table of field names and numbers: enough of an encoder to feed the readers, for
 * simulated servers, property tests and benchmarks. Fields the table doesn't name are left out. That it writes what
 * Kubernetes writes is checked through the readers, which are checked against Kubernetes' own bytes.
 */

export type FieldType = 'string' | 'int' | 'bool' | 'time' | 'bytes' | 'map' | Schema;
export interface Schema {
  readonly [name: string]: readonly [number: number, type: FieldType];
}

/** The message of `object`, its fields in the order of the table. Arrays are repeated fields. */
export function encodeMessage(schema: Schema, object: Readonly<Record<string, unknown>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, [number, type]] of Object.entries(schema)) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value])
      parts.push(...encodeField(number, type, one));
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, type: FieldType, value: unknown): Buffer[] {
  if (type === 'map') {
    const entries = Object.entries(value as Record<string, string>).sort(([one], [other]) => (one < other ? -1 : 1));
    return entries.flatMap(([key, text]) => {
      return [bytesField(number, Buffer.concat([stringField(1, key), stringField(2, text)]))];
    });
  }
  if (type === 'int') return [varint(number * 8), varint(Number(value))];
  if (type === 'bool') return [varint(number * 8), varint(Number(value))];
  if (type === 'time') return [bytesField(number, encodeTime(String(value)))];
  if (type === 'bytes') return [bytesField(number, Buffer.from(JSON.stringify(value)))];
  if (type === 'string') return [stringField(number, String(value))];
  return [bytesField(number, encodeMessage(type, value as Record<string, unknown>))];
}

function stringField(number: number, text: string): Buffer {
  return bytesField(number, Buffer.from(text));
}

/** A field of bytes, with its tag and length. */
export function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** metav1.Time: whole seconds; the zero time is an empty message. */
function encodeTime(text: string): Buffer {
  const seconds = Date.parse(text) / 1000;
  if (Number.isNaN(seconds) || text.startsWith('0001-')) return Buffer.alloc(0);
  return Buffer.concat([varint(8), varint(seconds), varint(16), varint(0)]);
}

/** Base 128, least first; negative numbers as ten bytes of two's complement. */
export function varint(value: number): Buffer {
  let left = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  const bytes: number[] = [];
  while (left > 127n) {
    bytes.push(Number(left & 127n) | 128);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return Buffer.from(bytes);
}

const typeMeta: Schema = { apiVersion: [1, 'string'], kind: [2, 'string'] };

/** `k8s\0` and a runtime.Unknown around `raw`. */
export function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  const parts = [
    Buffer.from('k8s\0'),
    bytesField(1, encodeMessage(typeMeta, { apiVersion, kind })),
    bytesField(2, raw),
    bytesField(3, Buffer.alloc(0)),
    bytesField(4, Buffer.alloc(0)),
  ];
  return Buffer.concat(parts);
}

/** One frame of a watch: length, then WatchEvent{type, RawExtension{raw}}. `object` is in its envelope. */
export function watchFrame(type: string, object: Buffer): Buffer {
  const event = Buffer.concat([stringField(1, type), bytesField(2, bytesField(1, object))]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

/** A list in its envelope; `items` are messages without one. */
export function encodeList(
  kind: { readonly apiVersion: string; readonly kind: string },
  meta: { readonly resourceVersion: string; readonly continue?: string },
  items: readonly Buffer[],
): Buffer {
  const listMeta: Schema = { resourceVersion: [2, 'string'], continue: [3, 'string'] };
  const list = [bytesField(1, encodeMessage(listMeta, meta)), ...items.map((item) => bytesField(2, item))];
  return envelope(kind.apiVersion, kind.kind, Buffer.concat(list));
}
