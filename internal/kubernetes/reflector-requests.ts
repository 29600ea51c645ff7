/**
 * The requests of a reflector, and the readers for their answers. Lists ask without a resourceVersion, which is a
 * consistent read; watches ask for bookmarks and for an end after 5 to 10 minutes, as client-go does, so that the
 * watches of a fleet spread over the API servers anew.
 */
import { CodedError } from '../platform/errors.ts';
import { LIST_PAGE_ITEMS, WATCH_FRAME_BYTES } from '../platform/limits.ts';
import type { Random } from '../platform/random.ts';
import { jsonPageReader, type PageReader } from './list-page.ts';
import { protobufPageReader } from './list-page-protobuf.ts';
import { openEnvelope, readStatus } from './protobuf-envelope.ts';
import { ProtobufReader, WireError } from './protobuf-reader.ts';
import { ForeignAnswer } from './reflector-failure.ts';
import type { ReflectorLimits, Selectors } from './reflector-types.ts';
import type { Keyed, Resource, WireFormat } from './resource.ts';
import { statusError, streamStatusError, type Subject } from './transport-status.ts';
import type { ApiRequest, ApiStream } from './transport.ts';
import { jsonWatchStream } from './watch-stream-json.ts';
import { protobufWatchStream } from './watch-stream-protobuf.ts';
import type { WatchHandler, WatchStream } from './watch-stream.ts';

const SHORTEST_WATCH_SECONDS = 300;
const REFUSAL_BYTES = 64 * 1024;

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
  const { json, protobuf } = resource.codec;
  return formatOf(stream, resource) === 'protobuf' && protobuf !== undefined
    ? protobufPageReader(protobuf, onItem, limits.frameBytes)
    : jsonPageReader(json, onItem, limits.pageBytes);
}

/** Reads the events that `stream` brings, in the format it says it has. */
export function eventReader<T extends Keyed>(
  resource: Resource<T>,
  stream: ApiStream,
  handler: WatchHandler<T>,
  limits: ReflectorLimits,
): WatchStream {
  const { json, protobuf } = resource.codec;
  const subject = subjectOf(resource, 'watch');
  return formatOf(stream, resource) === 'protobuf' && protobuf !== undefined
    ? protobufWatchStream(subject, protobuf, handler, limits.frameBytes)
    : jsonWatchStream(subject, json, handler, limits.frameBytes);
}

/**
 * The error that an answer outside 200 stands for. Asked for protobuf, the API server says even what went wrong in
 * protobuf; that is put into the JSON that everybody else reads.
 */
export async function refusalOf(resource: Resource<Keyed>, verb: 'list' | 'watch', stream: ApiStream): Promise<Error> {
  const subject = subjectOf(resource, verb);
  if (!isProtobuf(stream)) return streamStatusError(subject, stream);
  const body = await firstBytes(stream, REFUSAL_BYTES);
  return statusError(subject, { status: stream.status, headers: stream.headers, body: jsonStatus(body) });
}

/** The Status in an envelope, as JSON; nothing if there is none. */
function jsonStatus(body: Buffer): Buffer {
  const reader = new ProtobufReader();
  try {
    openEnvelope(reader, body, 0, body.length);
    return Buffer.from(JSON.stringify(readStatus(reader)));
  } catch (error) {
    if (error instanceof WireError) return Buffer.alloc(0);
    throw error;
  }
}

/** As much of a body as there is, up to `limitBytes`. A body that breaks off adds nothing to a status that was told. */
async function firstBytes(stream: ApiStream, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream.chunks) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limitBytes) break;
    }
  } catch {
    return Buffer.concat(chunks);
  }
  return Buffer.concat(chunks);
}

function acceptOf(resource: Resource<Keyed>, format: WireFormat, verb: 'list' | 'watch'): string {
  const { json, protobuf } = resource.codec;
  return (format === 'protobuf' && protobuf !== undefined ? protobuf : json).accept[verb];
}

/** A server may answer JSON where protobuf was asked for. A page of text, to log in or to wait, is somebody else's answer. */
function formatOf(stream: ApiStream, resource: Resource<Keyed>): WireFormat {
  const type = stream.headers['content-type'] ?? 'application/json';
  if (/^application\/json\b/i.test(type)) return 'json';
  if (/^application\/vnd\.kubernetes\.protobuf\b/i.test(type) && resource.codec.protobuf !== undefined)
    return 'protobuf';
  const detail = `${resource.path} answered as ${JSON.stringify(type.slice(0, 80))}`;
  throw /^text\//i.test(type) ? new ForeignAnswer(detail) : new CodedError('API_ANSWER_INVALID', detail);
}

function isProtobuf(stream: ApiStream): boolean {
  return /^application\/vnd\.kubernetes\.protobuf\b/i.test(stream.headers['content-type'] ?? '');
}
