/**
 * get, list and watch.
 */
import { sleep } from '../../../internal/platform/clock.ts';
import { chooseEncoder } from './accept.ts';
import type { Encoder } from './encoder.ts';
import { headersFor, sendBytes, type Exchange } from './exchange.ts';
import { isBodyFault, isStreamFault } from './faults.ts';
import { parseListOptions, type ListOptions } from './list-options.ts';
import { listPage, parseUintError, type ListPage } from './list-page.ts';
import type { ResourceDefinition } from './resources.ts';
import { ApiError, internalError, notFound, tooLargeResourceVersion } from './status.ts';
import { errorFrame, WatchCursor, type WatchScope, type WatchStart } from './watch-cursor.ts';
import { WatchStream } from './watch-stream.ts';

/** Throws ApiError. */
export async function answerRead(exchange: Exchange, definition: ResourceDefinition): Promise<void> {
  if (exchange.record.verb === 'get') answerGet(exchange, definition);
  else if (exchange.record.verb === 'watch') await answerWatch(exchange, definition);
  else await answerList(exchange, definition);
}

function answerGet(exchange: Exchange, definition: ResourceDefinition): void {
  const { server, record } = exchange;
  const encoder = chooseEncoder(record.accept, 'object', server.encoders);
  const object = server.store.get(definition, record.name, record.namespace);
  if (object === undefined) throw new ApiError(notFound(definition, record.name));
  sendBytes(exchange, 200, encoder.contentType, encoder.object(object));
}

async function answerList(exchange: Exchange, definition: ResourceDefinition): Promise<void> {
  const { server, record, response, faults } = exchange;
  const encoder = chooseEncoder(record.accept, 'list', server.encoders);
  const options = parseListOptions(record.query, definition);
  const page = await readPage(exchange, definition, options);
  const pieces = encoder.list(definition, page.meta, page.items);
  const fault = faults.find(isBodyFault);
  const headers = headersFor(exchange, encoder.contentType);
  if (fault !== undefined) {
    response.sendBroken(200, headers, Buffer.concat([...pieces]), fault);
    return;
  }
  const acceptsGzip = (record.headers['accept-encoding'] ?? '').includes('gzip');
  await response.sendPieces(200, headers, pieces, acceptsGzip);
}

async function readPage(exchange: Exchange, definition: ResourceDefinition, options: ListOptions): Promise<ListPage> {
  const { store } = exchange.server;
  await waitForRevision(exchange, options.continueToken === '' ? options.resourceVersion : '');
  const scope = { history: store.historyOf(definition), namespace: namespaceOf(exchange, definition) };
  return listPage({ ...scope, revision: store.revision }, options);
}

/** A revision of the future is waited for, as the watch cache does, before it is refused. */
async function waitForRevision({ server }: Exchange, resourceVersion: string): Promise<boolean> {
  const wanted = Number(resourceVersion);
  if (!(wanted > server.store.revision)) return true;
  const reached = new AbortController();
  const unsubscribe = server.store.onCommit((_definition, event) => {
    if (event.revision >= wanted) reached.abort();
  });
  await sleep(server.clock, server.timing.futureRevisionWaitMs, reached.signal);
  unsubscribe();
  return wanted <= server.store.revision;
}

async function answerWatch(exchange: Exchange, definition: ResourceDefinition): Promise<void> {
  const { server, record, response } = exchange;
  const encoder = chooseEncoder(record.accept, 'watch', server.encoders);
  const options = parseListOptions(record.query, definition);
  const wanted = watchRevision(options.resourceVersion);
  const scope = {
    definition,
    history: server.store.historyOf(definition),
    namespace: namespaceOf(exchange, definition),
    selector: options.selector,
    encoder,
  };
  response.begin(200, headersFor(exchange, encoder.watchContentType));
  if (options.sendsInitialEvents === true && !(await waitForRevision(exchange, options.resourceVersion))) {
    endWithTooLarge(exchange, encoder, wanted);
    return;
  }
  openWatch(exchange, scope, options, startOf(options, wanted, server.store.revision));
}

/** A list says 400 to what it can't read, a watch 500. */
function watchRevision(text: string): number {
  if (text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${parseUintError(text)}`;
  throw new ApiError(internalError(why));
}

function startOf(options: ListOptions, wanted: number, revision: number): WatchStart {
  const sendsInitial = options.sendsInitialEvents ?? wanted === 0;
  if (!sendsInitial) return { kind: 'after', revision: wanted === 0 ? revision : wanted };
  const endsWithBookmark = options.sendsInitialEvents === true && options.allowsBookmarks;
  return { kind: 'initial', revision, endsWithBookmark };
}

function openWatch(exchange: Exchange, scope: WatchScope, options: ListOptions, start: WatchStart): void {
  const { server, record, response, faults } = exchange;
  const { timing, clock, random, store } = server;
  const watch = new WatchStream({
    request: record,
    scope,
    cursor: new WatchCursor(scope, start),
    response,
    clock,
    faults: faults.filter(isStreamFault),
    revision: () => store.revision,
    timeoutMs: options.timeoutMs ?? timing.minWatchMs * (1 + random.next()),
    bookmarkEveryMs: options.allowsBookmarks ? timing.bookmarkEveryMs : undefined,
    coalesceMs: timing.coalesceMs,
  });
  server.watches.add(scope.definition, watch);
  watch.pump();
}

function endWithTooLarge({ server, response }: Exchange, encoder: Encoder, wanted: number): void {
  const status = tooLargeResourceVersion(wanted, server.store.revision);
  for (const piece of errorFrame(encoder, status).bytes) response.write(piece);
  response.end();
}

/** '' lists all namespaces. */
function namespaceOf(exchange: Exchange, definition: ResourceDefinition): string {
  return definition.isNamespaced ? exchange.record.namespace : '';
}
