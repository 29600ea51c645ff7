/**
 * Whole pods and metadata as protobuf, every field of them, byte for byte as the API server writes them: what a client of
 * Kubernetes is measured on must weigh what the real thing weighs. Driven by pod-protobuf-schema.json, which
 * podvectors/schema writes by reflection over k8s.io/api.
 */
import { readFileSync } from 'node:fs';
import { BackwardWriter } from './backward-writer.ts';

type Json = Readonly<Record<string, unknown>>;
/** Writes the value, without tag and length of the field it is in. */
type WriteValue = (writer: BackwardWriter, value: unknown) => void;
type When = 'always' | 'present' | 'repeated' | 'map';
/** As the schema's file has it. */
type FieldRow = readonly [number: number, json: string, type: string, when: When];

interface Field {
  readonly number: number;
  readonly json: string;
  readonly when: When;
  readonly isVarint: boolean;
  readonly write: WriteValue;
  /** What Go writes for a field that is not there and not optional. */
  readonly zero: unknown;
}

const schema = JSON.parse(readFileSync(new URL('pod-protobuf-schema.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, readonly FieldRow[]>
>;
const writer = new BackwardWriter();
const messages = new Map<string, Field[]>();

/** A pod's message, without an envelope. */
export function encodeWholePod(pod: object): Buffer {
  return encode('Pod', pod);
}

/** The message of any object of which only the metadata is told. */
export function encodeWholeMetadata(object: object): Buffer {
  return encode('PartialObjectMetadata', object);
}

function encode(message: string, object: object): Buffer {
  writer.begin();
  writeMessage(writer, fieldsOf(message), object as Json);
  return writer.end();
}

/** The fields of a message, last first. */
function fieldsOf(message: string): Field[] {
  let fields = messages.get(message);
  if (fields !== undefined) return fields;
  fields = [];
  // Messages may contain themselves.
  messages.set(message, fields);
  for (const row of schema[message] ?? []) fields.unshift(fieldOf(row));
  return fields;
}

function fieldOf([number, json, type, when]: FieldRow): Field {
  const isVarint = type === 'int' || type === 'bool';
  return { number, json, when, isVarint, write: writerOf(type), zero: zeroOf(type) };
}

function zeroOf(type: string): unknown {
  if (type === 'string' || type === 'time') return '';
  if (type === 'int' || type === 'bool' || type === 'intOrString') return 0;
  return type === 'quantity' ? '0' : {};
}

function writerOf(type: string): WriteValue {
  switch (type) {
    case 'int':
    case 'bool':
      return (out, value) => out.int(Number(value));
    case 'string':
      return (out, value) => out.text(value as string);
    case 'time':
      return writeTime;
    case 'quantity':
      return (out, value) => writeText(out, 1, value as string);
    case 'intOrString':
      return writeIntOrString;
    case 'fields':
      return (out, value) => writeText(out, 1, JSON.stringify(value));
    default: {
      const fields = fieldsOf(type);
      return (out, value) => writeMessage(out, fields, value as Json);
    }
  }
}

function writeMessage(out: BackwardWriter, fields: readonly Field[], object: Json): void {
  for (const field of fields) {
    const value = field.json === '' ? object : object[field.json];
    if (value === undefined || value === null) {
      if (field.when === 'always') writeField(out, field, field.zero);
    } else if (field.when === 'map') writeMap(out, field, value as Json);
    else if (field.when === 'repeated') {
      const items = value as readonly unknown[];
      for (let at = items.length - 1; at >= 0; at--) writeField(out, field, items[at]);
    } else writeField(out, field, value);
  }
}

function writeField(out: BackwardWriter, field: Field, value: unknown): void {
  const before = out.size;
  field.write(out, value);
  if (field.isVarint) out.varint(field.number * 8);
  else out.close(field.number, before);
}

/** Entries in the order of their keys. */
function writeMap(out: BackwardWriter, field: Field, map: Json): void {
  for (const key of Object.keys(map).sort().reverse()) {
    const before = out.size;
    field.write(out, map[key]);
    out.close(2, before);
    writeText(out, 1, key);
    out.close(field.number, before);
  }
}

function writeText(out: BackwardWriter, number: number, text: string): void {
  const before = out.size;
  out.text(text);
  out.close(number, before);
}

/** metav1.Time: whole seconds; the zero time is an empty message. */
function writeTime(out: BackwardWriter, value: unknown): void {
  if (value === '') return;
  out.varint(0);
  out.varint(2 * 8);
  out.int(Date.parse(value as string) / 1000);
  out.varint(1 * 8);
}

function writeIntOrString(out: BackwardWriter, value: unknown): void {
  const isText = typeof value === 'string';
  writeText(out, 3, isText ? value : '');
  out.int(isText ? 0 : (value as number));
  out.varint(2 * 8);
  out.varint(isText ? 1 : 0);
  out.varint(1 * 8);
}
