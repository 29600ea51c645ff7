/**
 * PodReading: what a reader made of one pod, on its way into the store. The protobuf reader leaves `facts` out where
 * there is nothing to say about the pod and nothing was said before (pod-triage.ts), which is nearly always.
 */
import type { PodFacts } from '../pipeline/pod-facts.ts';
import type { Keyed } from './resource.ts';

export interface PodReading extends Keyed {
  readonly namespace: string;
  readonly name: string;
  /** There is nothing to say about this pod. */
  readonly isQuiet: boolean;
  /** Images of the spec in order, hashed: see images-digest.ts. May be '' where facts are kept before and after. */
  readonly images: string;
  readonly facts: PodFacts | undefined;
}

/** What the store knows of a pod, for a reader to decide how much of it to read. */
export interface KnownPod {
  readonly resourceVersion: string;
  readonly images: string;
  /** There was something to say about it: its facts were kept. */
  readonly hasFacts: boolean;
  /** Made anew at each look. */
  readonly facts: PodFacts | undefined;
}

export interface KnownPods {
  get(uid: string): KnownPod | undefined;
  /** False for a pod that is none of ours (scope-shard.ts): all that is read of it is its uid and resourceVersion. */
  isOurs?(uid: string): boolean;
}

/** What the readers cut off or left out, for a counter. */
export interface ReadObserver {
  truncated(what: 'labels' | 'containers' | 'conditions'): void;
}

export const silentReadObserver: ReadObserver = { truncated: () => undefined };
