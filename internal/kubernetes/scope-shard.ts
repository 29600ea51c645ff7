/**
 * One of several equal parts of a cluster's pods, so that several agents can share one that is too large for one of
 * them. Which part a pod belongs to is read from its uid alone: FNV-1a, 32 bits, over the uid's characters, scaled to
 * the number of parts. Pure; every agent of every version must come to the same answer. What it saves and what it
 * doesn't: docs/adr/0010-shards.md.
 */
import type { PodReading } from './pod-reading.ts';
import type { Sink, SinkCause } from './reflector-types.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const TWO_32 = 2 ** 32;

/** The index of the part that the uid belongs to. Uses the hash's high bits, which depend on every character. */
export function shardOf(uid: string, count: number): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < uid.length; index++) hash = Math.imul(hash ^ uid.charCodeAt(index), FNV_PRIME);
  return Math.floor(((hash >>> 0) * count) / TWO_32);
}

/** Each part has a Lease of its own, so that it has a leader of its own. */
export function shardLeaseName(leaseName: string, { index, count }: Shard): string {
  return `${leaseName}-shard-${index}-of-${count}`;
}

/** Passes on what belongs to the part. */
export class ShardSink implements Sink<PodReading> {
  readonly #sink: Sink<PodReading>;
  readonly #isOurs: (uid: string) => boolean;

  constructor(sink: Sink<PodReading>, isOurs: (uid: string) => boolean) {
    this.#sink = sink;
    this.#isOurs = isOurs;
  }

  listing(cause: 'initial' | 'relist'): void {
    this.#sink.listing(cause);
  }

  upsert(reading: PodReading, cause: SinkCause): void {
    if (this.#isOurs(reading.uid)) this.#sink.upsert(reading, cause);
  }

  remove(reading: PodReading, cause: SinkCause): void {
    if (this.#isOurs(reading.uid)) this.#sink.remove(reading, cause);
  }

  synced(resourceVersion: string, cause: 'initial' | 'relist'): void {
    this.#sink.synced(resourceVersion, cause);
  }
}
