/**
 * The front door: reads what is asked, writes it into the log, lets faults have their way, checks who may, and passes
 * on to whoever answers. No request gets past it without an answer, unless a fault says so.
 */
import { sleep } from '../../../internal/platform/clock.ts';
import { anonymous, refusal } from './authorization.ts';
import { answerPath } from './discovery.ts';
import { sendStatus, type Exchange, type ServerParts } from './exchange.ts';
import { isBodyFault, isStreamFault, type Fault, type RequestFault } from './faults.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { certificateName } from './listener.ts';
import { answerLog } from './pod-logs.ts';
import { answerRead } from './read-requests.ts';
import { readRequestInfo, type RequestInfo } from './request-info.ts';
import { Response, type HttpRequest, type HttpResponse } from './response.ts';
import {
  ApiError,
  expiredContinue,
  expiredList,
  failure,
  internalError,
  noSuchResource,
  unauthorized,
} from './status.ts';
import { answerWrite, reviewOf } from './write-requests.ts';

/** Answers one request. Never rejects. */
export async function handleRequest(
  server: ServerParts,
  request: HttpRequest,
  raw: HttpResponse,
  cutConnection: () => void,
): Promise<void> {
  const response = new Response(raw, cutConnection);
  const url = new URL(request.url ?? '/', 'http://server');
  const info = readRequestInfo(request.method ?? 'GET', url.pathname, url.searchParams);
  const user = server.authorization.authenticate(request.headers.authorization, certificateName(request));
  const record = server.requests.add(describe(server, request, url, info, user?.name ?? ''));
  const faults = server.faults.take(record);
  const exchange = { server, record, request, response, faults, user: user ?? anonymous };
  try {
    if (await strike(exchange, faults)) return;
    if (user === undefined) throw new ApiError(unauthorized());
    const refused = refusal(user, info, url.pathname);
    if (refused !== undefined) throw new ApiError(refused);
    await answer(exchange, info);
  } catch (error) {
    sendStatus(exchange, error instanceof ApiError ? error.status : internalError(String(error)));
  }
}

function describe(server: ServerParts, request: HttpRequest, url: URL, info: RequestInfo, user: string) {
  const headers = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'));
  const none = { group: '', resource: '', namespace: '', name: '', subresource: '' };
  const { isResource: _isResource, ...asked } = info.isResource ? info : { ...info, ...none };
  return {
    ...none,
    ...asked,
    atMs: server.clock.now(),
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    verb: info.isResource ? info.verb : '',
    user,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    accept: request.headers.accept ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    httpVersion: request.httpVersion,
  };
}

async function answer(exchange: Exchange, info: RequestInfo): Promise<void> {
  if (!info.isResource) {
    answerPath(exchange);
    return;
  }
  const review = reviewOf(info.group, info.resource);
  if (review !== undefined) return review(exchange);
  if (info.group === '' && info.resource === 'pods' && info.subresource === 'log') {
    answerLog(exchange);
    return;
  }
  const definition = exchange.server.store.resources.find(
    (one) => one.group === info.group && one.version === info.version && one.resource === info.resource,
  );
  const knowsSubresource = info.subresource === '' || (info.subresource === 'status' && definition?.hasStatus === true);
  if (definition === undefined || !knowsSubresource) throw new ApiError(noSuchResource());
  const isRead = ['get', 'list', 'watch'].includes(info.verb);
  await (isRead ? answerRead(exchange, definition) : answerWrite(exchange, definition));
}

/** Lets the faults of the request itself happen. True where they were the answer. */
async function strike(exchange: Exchange, faults: readonly Fault[]): Promise<boolean> {
  for (const fault of faults) {
    if (isStreamFault(fault) || isBodyFault(fault)) continue;
    if (fault.kind === 'delay') await sleep(exchange.server.clock, fault.ms);
    else {
      answerFault(exchange, fault);
      return true;
    }
  }
  return false;
}

function answerFault(exchange: Exchange, fault: Exclude<RequestFault, { kind: 'delay' }>): void {
  switch (fault.kind) {
    case 'reset': {
      exchange.response.cut();
      return;
    }
    case 'hang': {
      exchange.response.silence();
      return;
    }
    case 'expired': {
      sendStatus(exchange, expiredFor(exchange));
      return;
    }
    case 'status': {
      answerStatusFault(exchange, fault);
      return;
    }
  }
}

function expiredFor({ record }: Exchange) {
  const token = record.query.get('continue') ?? '';
  return token === '' ? expiredList() : expiredContinue(encodeContinue({ ...decodeContinue(token), revision: -1 }));
}

function answerStatusFault(exchange: Exchange, fault: Extract<Fault, { kind: 'status' }>): void {
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  const headers = { ...retryAfter, ...fault.headers };
  if (fault.body === undefined) {
    const status = failure(fault.code, fault.reason ?? '', fault.message ?? 'made to fail by a test');
    sendStatus(exchange, status, headers);
    return;
  }
  const contentType = fault.contentType ?? 'text/plain; charset=utf-8';
  exchange.response.send(fault.code, { 'content-type': contentType, ...headers }, Buffer.from(fault.body));
}
