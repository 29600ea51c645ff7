/**
 * What a reflector is built from and what it tells: sink, observer, selectors, limits. No behaviour lives here.
 */
import type { Clock } from '../platform/clock.ts';
import type { ErrorCode } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Keyed, Resource, WireFormat } from './resource.ts';
import type { ApiTransport } from './transport.ts';

/** Same words as PodChange.cause. */
export type SinkCause = 'initial' | 'watch' | 'relist';

/**
 * Where a reflector's objects go. Calls are synchronous, in order, and never overlap. A sink that throws does not stop
 * the reflector: the object is counted and named in the log, the rest goes on.
 *
 * A list is told as `listing`, any number of `upsert`, `synced`. It is told page by page, as it arrives; a list that has
 * to begin anew is told by another `listing`, and may then tell an object twice. Only `synced` means that the list is
 * whole: what has not been upserted since the last `listing` is gone from the cluster and is to be removed then, not before.
 */
export interface Sink<T extends Keyed> {
  /** A list begins, or begins anew: what it upserts belongs to a new generation. */
  listing(cause: 'initial' | 'relist'): void;
  upsert(item: T, cause: SinkCause): void;
  /** Seen to be deleted, or, on a watch with selectors, to have left them. `item` is its last state. */
  remove(item: T, cause: 'watch' | 'initial' | 'relist'): void;
  /** The list is whole: sweep what it did not mention. */
  synced(resourceVersion: string, cause: 'initial' | 'relist'): void;
}

/** Why a list was begun. `start` is the first one. */
export type ListCause = 'start' | 'expired' | 'rejected' | 'resync';

/** Why a watch ended and was begun anew. */
export type WatchEnd = 'server-closed' | 'idle' | 'expired' | 'failed' | 'resync';

/** Figures, for metrics. Every call is synchronous and cheap; none may throw. */
export interface ReflectorObserver {
  listBegan(cause: ListCause): void;
  /** A list came whole: `items` objects in `pages` answers (0 pages: it came as a stream). */
  listEnded(items: number, pages: number, tookMs: number): void;
  watchOpened(): void;
  watchEnded(why: WatchEnd): void;
  /** A chunk of `bytes` held `frames` whole frames, read in `tookMs`. */
  received(bytes: number, frames: number, tookMs: number): void;
  /** Something went wrong, in the words of the error table. */
  failed(code: ErrorCode): void;
}

/** An observer that does nothing. */
export const silentReflectorObserver: ReflectorObserver = {
  listBegan: () => undefined,
  listEnded: () => undefined,
  watchOpened: () => undefined,
  watchEnded: () => undefined,
  received: () => undefined,
  failed: () => undefined,
};

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ReflectorLimits {
  /** Objects asked for in one page. */
  readonly pageItems: number;
  /** Largest page of a JSON list, which has to be parsed whole. A larger one is asked for again in smaller pages. */
  readonly pageBytes: number;
  /** Largest single object of a list or a watch. */
  readonly frameBytes: number;
  /** A watch that has brought no byte for so long is cut and begun anew. Bookmarks come every minute. */
  readonly idleMs: number;
  /** From a request to the headers of its answer, and, in a page of a list, from one chunk to the next. */
  readonly headersTimeoutMs: number;
  /** A streamed list whose end is not announced for so long after its last object is asked for in pages instead. */
  readonly announceMs: number;
  /** `never` lists in pages even where the server could stream the list. */
  readonly streamingList: 'try' | 'never';
  /** `json` asks for JSON even where there is a protobuf reader. */
  readonly format: WireFormat;
}

/** Which wire format a resource is read in, for all reflectors of it on one connection: one is refused, all know. */
export interface WireChoice {
  format: WireFormat;
}

export interface ReflectorOptions<T extends Keyed> {
  readonly resource: Resource<T>;
  readonly sink: Sink<T>;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer?: ReflectorObserver;
  readonly selectors?: Selectors;
  readonly limits?: Partial<ReflectorLimits>;
  /** Its own where absent. */
  readonly wire?: WireChoice;
}
