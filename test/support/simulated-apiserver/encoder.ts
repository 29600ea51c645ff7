/**
 * Encoder: one way of putting objects on the wire. The rest of the server knows nothing of JSON or protobuf: it hands
 * stored objects to an encoder and streams the bytes it gets. An encoder keeps an object's bytes in its slot of
 * `StoredObject.encoded`, so that each version is encoded once however many lists and watches tell of it.
 */
import type { EventType } from './resource-history.ts';
import type { ResourceDefinition } from './resources.ts';
import type { StatusBody } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface Encoder {
  /** `application/json`, `application/vnd.kubernetes.protobuf`: what Accept must name. */
  readonly mediaType: string;
  /** `metadata` where Accept asked `as=PartialObjectMetadata[List]`. */
  readonly view: 'object' | 'metadata';
  /** Content-Type of an answer, and of a watch. */
  readonly contentType: string;
  readonly watchContentType: string;
  /** One object as a whole answer. */
  object(object: StoredObject): Buffer;
  /**
   * A list as a whole answer, in pieces. All items are known from the start, since an encoding may have to say its
   * length before its first item.
   */
  list(definition: ResourceDefinition, meta: ListMeta, items: readonly StoredObject[]): Iterable<Buffer>;
  /** One complete frame of a watch. The pieces follow each other on the wire. */
  event(type: EventType, object: StoredObject): readonly Buffer[];
  /** A frame that tells how far the watch is; the end of initial events carries the annotation for it. */
  bookmark(definition: ResourceDefinition, revision: number, endsInitialEvents: boolean): Buffer;
  /** A Status as a whole answer. */
  status(status: StatusBody): Buffer;
  /** A frame of type ERROR. */
  error(status: StatusBody): Buffer;
}

/** Makes encoders with a slot each. Give each encoder the slot that is its place in the server's list. */
export type EncoderFactory = (slot: number) => Encoder;

/** Annotation of the bookmark that ends the initial events of a streaming list (KEP-3157). */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
