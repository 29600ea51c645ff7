/**
 * One request to an HTTP server and what it came to, as a value. Never rejects, never follows a redirect, reads at most
 * ANSWER_BYTES, and is over when its one deadline is, connecting and reading the body included.
 *
 * undici's own time-outs are switched off: they restart with each byte, so a server that sends one a second holds a
 * request for ever. Aborting destroys the socket, so a slow peer costs no more than the pool's connections.
 */
import type { Dispatcher } from 'undici';
import { withDeadline, type Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import { ANSWER_BYTES } from '../platform/limits.ts';

/** An answer, bounded. Header names are told by Restate 1.7 (measured). */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Who made the error: the handler or Restate's ingress; undefined without the header `x-restate-error-source`. */
  readonly errorSource: string | undefined;
  /** The header `x-restate-id` is there, as on each success of a Restate ingress. */
  readonly isFromRestate: boolean;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
  /** There was more than ANSWER_BYTES; the rest was not read. */
  readonly isBodyCut: boolean;
}

/** No answer, or none that can be used. */
export interface Failure {
  readonly kind: 'failure';
  readonly cause: 'timeout' | 'network' | 'credentials' | 'stopped';
  readonly detail: string;
}

export type Exchange = Answer | Failure;

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  /** Path and query, already encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** Performs one call within `deadlineMs`. */
export async function exchange(
  dispatcher: Dispatcher,
  origin: string,
  call: HttpCall,
  limits: { readonly clock: Clock; readonly deadlineMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Exchange> {
  const deadline = withDeadline(limits.clock, limits.deadlineMs, limits.signal);
  try {
    const response = await dispatcher.request({
      origin,
      path: call.path,
      method: call.method,
      headers: call.headers,
      body: call.body ?? null,
      signal: deadline.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return await readAnswer(response);
  } catch (error) {
    return failureOf(error, limits.signal?.aborted === true, deadline.signal.aborted, limits.deadlineMs);
  } finally {
    deadline.done();
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isBodyCut = false;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, ANSWER_BYTES - bytes));
    bytes += chunk.length;
    // Leaving the loop destroys the body and its socket with it.
    if ((isBodyCut = bytes > ANSWER_BYTES)) break;
  }
  return {
    kind: 'answer',
    status: statusCode,
    errorSource: headerOf(headers, 'x-restate-error-source'),
    isFromRestate: headers['x-restate-id'] !== undefined,
    contentType: headerOf(headers, 'content-type') ?? '',
    retryAfter: headerOf(headers, 'retry-after'),
    body: Buffer.concat(chunks).toString(),
    isBodyCut,
  };
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function failureOf(error: unknown, wasStopped: boolean, isOver: boolean, deadlineMs: number): Failure {
  if (wasStopped) return { kind: 'failure', cause: 'stopped', detail: 'we were asked to stop' };
  if (isOver) return { kind: 'failure', cause: 'timeout', detail: `no whole answer within ${deadlineMs} ms` };
  const { code, message } = describeError(error);
  return { kind: 'failure', cause: 'network', detail: `${code}: ${message}`.slice(0, 300) };
}
