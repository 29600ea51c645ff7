/**
 * The vectors of test/corpus/vectors (made by test/support/podvectors): the same objects as protobuf and as JSON, by
 * Kubernetes' own encoders.
 */
import { readFileSync } from 'node:fs';
import { openEnvelope } from '../../internal/kubernetes/protobuf-envelope.ts';
import { ProtobufReader } from '../../internal/kubernetes/protobuf-reader.ts';

const directory = new URL('../corpus/vectors/', import.meta.url);

export const podVectors = [
  ...['healthy', 'crash', 'deleting', 'evicted', 'completed', 'inits', 'waiting'],
  ...['mirror', 'negative', 'unicode', 'many', 'bare', 'filled'],
] as const;

/** The protobuf of a vector, with its envelope. */
export function vectorBytes(name: string): Buffer {
  return readFileSync(new URL(`${name}.pb`, directory));
}

/** The JSON of a vector, parsed. */
export function vectorJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8'));
}

/** The events of watch.json, one an element. */
export function vectorEvents(): readonly { readonly type: string; readonly object: unknown }[] {
  const lines = readFileSync(new URL('watch.json', directory), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { type: string; object: unknown });
}

/** The object of a vector without its envelope. */
export function vectorObject(name: string): Buffer {
  const reader = new ProtobufReader();
  const bytes = vectorBytes(name);
  openEnvelope(reader, bytes, 0, bytes.length);
  return reader.bytes.subarray(reader.at, reader.end);
}
