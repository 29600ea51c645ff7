/**
 * Pods as a resource for the reflector: read into PodReading, with what the store knows telling how much to read.
 */
import type { KnownPods, PodReading, ReadObserver } from './pod-reading.ts';
import { readPodJson } from './pod-facts-json.ts';
import { corePath, jsonAccept, type Resource } from './resource.ts';

/** `known` is the store that is the reflector's sink; `namespace` '' for all. */
export function podResource(_known: KnownPods, namespace = '', observer?: ReadObserver): Resource<PodReading> {
  return {
    kind: 'Pod',
    plural: 'pods',
    group: '',
    path: corePath('pods', namespace),
    namespace,
    codec: { json: { accept: jsonAccept, read: (object) => readPodJson(object, observer) } },
  };
}
