/**
 * Pods as a resource for the reflector: read into PodReading, with what the store knows telling how much to read.
 */
import { readPodJson } from './pod-facts-json.ts';
import { PodProtobuf } from './pod-protobuf.ts';
import { silentReadObserver, type KnownPods, type PodReading, type ReadObserver } from './pod-reading.ts';
import { corePath, jsonAccept, protobufAccept, type Resource } from './resource.ts';

/** What pods are called and where they are listed, however they are read; `namespace` '' for all. */
export function podsOf(namespace: string): Omit<Resource<PodReading>, 'codec'> {
  return { kind: 'Pod', plural: 'pods', group: '', path: corePath('pods', namespace), namespace };
}

/** `known` is the store that is the reflector's sink; `namespace` '' for all. */
export function podResource(
  known: KnownPods,
  namespace = '',
  observer: ReadObserver = silentReadObserver,
): Resource<PodReading> {
  const protobuf = new PodProtobuf(known, observer);
  return {
    ...podsOf(namespace),
    codec: {
      json: { accept: jsonAccept, read: (object) => readPodJson(object, observer) },
      protobuf: {
        accept: protobufAccept,
        read: (bytes, start, end, isLast) => protobuf.read(bytes, start, end, isLast),
      },
    },
  };
}
