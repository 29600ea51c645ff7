/**
 * One request and its answer, as the handlers pass it on.
 */
import type { Clock } from '../../../internal/platform/clock.ts';
import type { Random } from '../../../internal/platform/random.ts';
import { chooseEncoder } from './accept.ts';
import type { Authorization, User } from './authorization.ts';
import type { Encoder } from './encoder.ts';
import type { Fault, FaultQueue } from './faults.ts';
import type { ObjectStore } from './object-store.ts';
import type { PodLogs } from './pod-log-store.ts';
import { isBodyFault } from './faults.ts';
import type { RequestLog, RequestRecord } from './request-log.ts';
import type { Headers, HttpRequest, Response } from './response.ts';
import { ApiError, type StatusBody } from './status.ts';
import type { WatchRegistry } from './watch-registry.ts';

/** What the handlers of one server share. */
export interface ServerParts {
  readonly store: ObjectStore;
  readonly logs: PodLogs;
  readonly encoders: readonly Encoder[];
  readonly authorization: Authorization;
  readonly faults: FaultQueue;
  readonly requests: RequestLog;
  readonly watches: WatchRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing: ServerTiming;
  readonly gitVersion: string;
}

export interface ServerTiming {
  readonly bookmarkEveryMs: number;
  readonly coalesceMs: number;
  /** Watches without timeoutSeconds end after this to twice this (--min-request-timeout). */
  readonly minWatchMs: number;
  /** How long a list waits for a resourceVersion that is still to come. */
  readonly futureRevisionWaitMs: number;
}

export interface Exchange {
  readonly server: ServerParts;
  readonly record: RequestRecord;
  readonly user: User;
  readonly request: HttpRequest;
  readonly response: Response;
  readonly faults: readonly Fault[];
}

/** One object or review as the whole answer, encoded as Accept asks. */
export function sendBytes(exchange: Exchange, code: number, contentType: string, body: Buffer): void {
  const fault = exchange.faults.find(isBodyFault);
  const headers = headersFor(exchange, contentType);
  if (fault === undefined) exchange.response.send(code, headers, body);
  else exchange.response.sendBroken(code, headers, body, fault);
}

export function sendJson(exchange: Exchange, code: number, body: object): void {
  sendBytes(exchange, code, 'application/json', Buffer.from(`${JSON.stringify(body)}\n`));
}

/** A Status in the encoding the client takes; JSON for those that take none of ours. */
export function sendStatus(exchange: Exchange, status: StatusBody, headers: Headers = {}): void {
  const retryAfter = status.details?.retryAfterSeconds;
  const encoder = encoderForErrors(exchange);
  const all = {
    ...headersFor(exchange, encoder.contentType),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...headers,
  };
  exchange.response.send(status.code ?? 500, all, encoder.status(status));
}

function encoderForErrors({ server, record }: Exchange): Encoder {
  try {
    return chooseEncoder(record.accept, 'object', server.encoders);
  } catch (error) {
    if (error instanceof ApiError) return server.encoders[0]!;
    throw error;
  }
}

/** What every answer of the real server carries. */
export function headersFor(exchange: Exchange, contentType: string): Headers {
  return {
    'audit-id': `00000000-0000-4000-8000-${exchange.record.number.toString(16).padStart(12, '0')}`,
    'cache-control': 'no-cache, private',
    'content-type': contentType,
  };
}
