/**
 * The requests of a reflector, and the readers for their answers. Lists ask without a resourceVersion, which is a
 * consistent read; watches ask for bookmarks and for an end after 5 to 10 minutes, as client-go does, so that the
 * watches of a fleet spread over the API servers anew.
 */
import { CodedError } from '../platform/errors.ts';
import { LIST_PAGE_ITEMS, WATCH_FRAME_BYTES } from '../platform/limits.ts';
import type { Random } from '../platform/random.ts';
import { jsonPageReader, type PageReader } from './list-page.ts';
import type { ReflectorLimits, Selectors } from './reflector-types.ts';
import type { Keyed, Resource, WireFormat } from './resource.ts';
import type { Subject } from './transport-status.ts';
import type { ApiRequest, ApiStream } from './transport.ts';
import { jsonWatchStream } from './watch-stream-json.ts';
import type { WatchHandler, WatchStream } from './watch-stream.ts';

const SHORTEST_WATCH_SECONDS = 300;

/** What holds where the options of a reflector don't say otherwise. */
export const defaultReflectorLimits: ReflectorLimits = {
  pageItems: LIST_PAGE_ITEMS,
  pageBytes: 64 * 1024 * 1024,
  frameBytes: WATCH_FRAME_BYTES,
  // Bookmarks come once a minute (apiserver, storage/cacher): two in a row were lost.
  idleMs: 150_000,
  headersTimeoutMs: 30_000,
  announceMs: 30_000,
  streamingList: 'try',
  format: 'protobuf',
};

/** What a list or watch of `resource` is called in errors. */
export function subjectOf(resource: Resource<Keyed>, verb: 'list' | 'watch'): Subject {
  const { plural, group, namespace } = resource;
  return { verb, resource: plural, group, namespace: namespace === '' ? undefined : namespace };
}

export function pageRequest(
  resource: Resource<Keyed>,
  format: WireFormat,
  selectors: Selectors,
  page: { readonly limit: number; readonly continueToken: string },
): ApiRequest {
  return {
    method: 'GET',
    path: resource.path,
    query: { ...selectors, limit: page.limit, continue: page.continueToken === '' ? undefined : page.continueToken },
    headers: { accept: acceptOf(resource, format, 'list') },
  };
}

/** A watch from `resourceVersion`, or, without one, a streamed list that goes over into a watch (KEP-3157). */
export function watchRequest(
  resource: Resource<Keyed>,
  format: WireFormat,
  selectors: Selectors,
  from: { readonly resourceVersion: string | undefined; readonly random: Random },
): ApiRequest {
  const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
  return {
    method: 'GET',
    path: resource.path,
    query: {
      ...selectors,
      watch: true,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(SHORTEST_WATCH_SECONDS * (1 + from.random.next())),
      ...(from.resourceVersion === undefined ? initial : { resourceVersion: from.resourceVersion }),
    },
    headers: { accept: acceptOf(resource, format, 'watch') },
  };
}

/** Reads the page that `stream` brings, in the format it says it has. */
export function pageReader<T extends Keyed>(
  resource: Resource<T>,
  stream: ApiStream,
  onItem: (item: T) => void,
  limits: ReflectorLimits,
): PageReader {
  formatOf(stream, resource);
  return jsonPageReader(resource.codec.json, onItem, limits.pageBytes);
}

/** Reads the events that `stream` brings, in the format it says it has. */
export function eventReader<T extends Keyed>(
  resource: Resource<T>,
  stream: ApiStream,
  handler: WatchHandler<T>,
  limits: ReflectorLimits,
): WatchStream {
  formatOf(stream, resource);
  return jsonWatchStream(subjectOf(resource, 'watch'), resource.codec.json, handler, limits.frameBytes);
}

function acceptOf(resource: Resource<Keyed>, format: WireFormat, verb: 'list' | 'watch'): string {
  const { json, protobuf } = resource.codec;
  return (format === 'protobuf' && protobuf !== undefined ? protobuf : json).accept[verb];
}

/** A server may answer JSON where protobuf was asked for; what is neither is a proxy's page and no answer. */
function formatOf(stream: ApiStream, resource: Resource<Keyed>): WireFormat {
  const type = stream.headers['content-type'] ?? 'application/json';
  if (/^application\/json\b/i.test(type)) return 'json';
  if (/^application\/vnd\.kubernetes\.protobuf\b/i.test(type) && resource.codec.protobuf !== undefined)
    return 'protobuf';
  throw new CodedError('API_ANSWER_INVALID', `${resource.path} answered as ${JSON.stringify(type.slice(0, 80))}`);
}
