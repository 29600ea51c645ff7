/**
 * The ways of reading a pod that are compared. Each takes the pods and gives a function that reads the one at an index and
 * returns what it made of it.
 */
import { ObjectSerializer } from '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
import { readPodFacts } from '../../../internal/kubernetes/pod-facts-protobuf.ts';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { PodProtobuf } from '../../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver } from '../../../internal/kubernetes/pod-reading.ts';
import { PodTriage } from '../../../internal/kubernetes/pod-triage-protobuf.ts';
import { ProtobufReader } from '../../../internal/kubernetes/protobuf-reader.ts';
import { fieldOf } from '../../../internal/kubernetes/protobuf-reader.ts';
import { podFields } from '../../../internal/kubernetes/pod-fields.ts';
import type { PodSet } from './decode-pods.ts';

type Read = (index: number) => unknown;

export const decodeMethods = {
  /** What the ratios are to: the text is there, nothing is picked from the result. */
  'JSON.parse':
    ({ texts }) =>
    (index: number) =>
      JSON.parse(texts[index] ?? '') as unknown,
  'JSON.parse of the bytes':
    ({ json }) =>
    (index: number) =>
      JSON.parse((json[index] ?? empty).toString()) as unknown,
  'typed object of client-node':
    ({ json }) =>
    (index: number) =>
      ObjectSerializer.deserialize(JSON.parse((json[index] ?? empty).toString()), 'V1Pod', '') as unknown,
  'ours: JSON fallback':
    ({ json }) =>
    (index: number) =>
      readPodJson(JSON.parse((json[index] ?? empty).toString())),
  'ours: protobuf, triage': triaging,
  'ours: protobuf, as the watch reads it': reading,
  'ours: protobuf, full facts': facts,
} as const satisfies Readonly<Record<string, (pods: PodSet) => Read>>;

export type DecodeMethod = keyof typeof decodeMethods;
export const decodeMethodNames = Object.keys(decodeMethods) as DecodeMethod[];

const empty = Buffer.alloc(0);

/** Only what decides whether there is anything to say. */
function triaging({ protobuf }: PodSet): Read {
  const reader = new ProtobufReader();
  const triage = new PodTriage(reader);
  return (index) => {
    const bytes = protobuf[index] ?? empty;
    reader.reset(bytes, 0, bytes.length);
    triage.begin();
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      const field = fieldOf(tag);
      if (field !== podFields.spec && field !== podFields.status) {
        reader.skip(tag);
        continue;
      }
      const outer = reader.enter(tag);
      if (field === podFields.spec) triage.readSpec();
      else triage.readStatus();
      reader.leave(outer);
    }
    return triage.isQuiet;
  };
}

/** A pod nobody knew: identity, triage, and the facts where it isn't quiet. */
function reading({ protobuf }: PodSet): Read {
  const pods = new PodProtobuf({ get: () => undefined }, silentReadObserver);
  return (index) => {
    const bytes = protobuf[index] ?? empty;
    return pods.read(bytes, 0, bytes.length, false);
  };
}

function facts({ protobuf }: PodSet): Read {
  const reader = new ProtobufReader();
  return (index) => {
    const bytes = protobuf[index] ?? empty;
    reader.reset(bytes, 0, bytes.length);
    return readPodFacts(reader, silentReadObserver);
  };
}
