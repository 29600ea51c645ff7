/**
 * Resource: what the reflector needs to know of a kind of object, so that it knows nothing of pods: where the list is,
 * what to ask for, and how one object becomes the small `T` that is kept. Wire formats are tried in the order protobuf,
 * JSON; a resource without a protobuf reader (a custom resource) is read as JSON from the start.
 */
import type { CodedError } from '../platform/errors.ts';

/** What every kept object carries. A uid is never used twice; a resourceVersion is opaque and only ever compared for equality. */
export interface Keyed {
  readonly uid: string;
  readonly resourceVersion: string;
}

export type WireFormat = 'protobuf' | 'json';

/** What is sent as `accept` for lists and for watches. */
export interface AcceptHeaders {
  readonly list: string;
  readonly watch: string;
}

export interface JsonReader<T extends Keyed> {
  readonly accept: AcceptHeaders;
  /** Reads one parsed object. Never throws: what can't be read comes back as WATCH_OBJECT_INVALID. */
  read(object: unknown): T | CodedError;
}

export interface ProtobufReader<T extends Keyed> {
  readonly accept: AcceptHeaders;
  /**
   * Reads the message in `bytes[start, end)`, without its envelope. Keeps no reference to `bytes`. What can't be read
   * comes back as WATCH_OBJECT_INVALID. `isLast`: the object of a DELETED event, which won't be seen again.
   */
  read(bytes: Buffer, start: number, end: number, isLast: boolean): T | CodedError;
}

export interface Codec<T extends Keyed> {
  readonly json: JsonReader<T>;
  readonly protobuf?: ProtobufReader<T>;
}

export interface Resource<T extends Keyed> {
  /** As in the API, for logs and errors: `Pod`. */
  readonly kind: string;
  /** As rights name it: `pods`. */
  readonly plural: string;
  /** API group, '' for the core group. */
  readonly group: string;
  /** Path of the list: `/api/v1/pods`, `/api/v1/namespaces/shop/pods`. */
  readonly path: string;
  /** The one namespace listed, '' for all or for what has none. */
  readonly namespace: string;
  readonly codec: Codec<T>;
}

/** JSON as it is. */
export const jsonAccept: AcceptHeaders = { list: 'application/json', watch: 'application/json' };

/** Protobuf as Kubernetes sends it; a watch is framed by length. */
export const protobufAccept: AcceptHeaders = {
  list: 'application/vnd.kubernetes.protobuf',
  watch: 'application/vnd.kubernetes.protobuf;stream=watch',
};

/** Path of a list of the core group, in one namespace or, with '', in all of them. */
export function corePath(plural: string, namespace = ''): string {
  return namespace === '' ? `/api/v1/${plural}` : `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
