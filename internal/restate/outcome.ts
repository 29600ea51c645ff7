/**
 * What one answer of the plane means for a batch. A pure table: (exchange) -> DeliveryOutcome.
 *
 * Who made an error decides before its status does (header `x-restate-error-source`, or `source` in Restate's JSON):
 * - `invocation`: the handler. Restate remembers the error under the batch's key for as long as it remembers keys, so the
 *   same key would give the same error for a day. What the handler finds wrong with the content (400, 409, 422, 413) is
 *   halved; everything else, 500, 503 and 429 among it, is tried again under the next generation's key.
 * - `ingress`, a proxy, or the network: nothing was remembered, so the same key is sent again.
 * A status of 4xx is never a success, and a success is one only if it is the plane's own: measured on Restate 1.7, each
 * carries `x-restate-id`. A gateway that answers 200 with JSON about a login has not taken an event, and an event that
 * was taken for delivered would be gone.
 */
import type { DeliveryOutcome, RefusalReason, RetryReason } from '../pipeline/delivery.ts';
import { redact } from '../platform/redact.ts';
import type { Answer, Exchange, Failure } from './exchange.ts';
import { retryAfterMs } from './retry-after.ts';

/** Longest piece of an answer that is repeated in logs; the plane's stack traces stop at their first line. */
const QUOTED_CHARACTERS = 200;

/** Pause asked for where the plane refuses our credentials by way of a handler: it heals only when a person acts. */
const UNAUTHORIZED_PAUSE_MS = 30_000;

/** Who has to have answered for a success to count: the plane on Restate, or, for settings behind a URL, anybody in JSON. */
export type Answerer = 'plane' | 'anybody';

/** What became of an attempt. `nowMs` is the wall clock, for Retry-After as a date. */
export function outcomeOf(result: Exchange, nowMs: number, answerer: Answerer = 'plane'): DeliveryOutcome {
  if (result.kind === 'failure') return ofFailure(result);
  switch (sourceOf(result)) {
    case 'invocation':
      return ofInvocation(result);
    default:
      return ofIngress(result, nowMs, answerer);
  }
}

function ofFailure({ cause, detail }: Failure): DeliveryOutcome {
  switch (cause) {
    case 'credentials':
      return { kind: 'refused', reason: 'unauthorized', status: 0, detail };
    case 'timeout':
      return retry('timeout', 0, detail);
    case 'network':
    case 'stopped':
      return retry('network', 0, detail);
  }
}

function ofInvocation(answer: Answer): DeliveryOutcome {
  const { status } = answer;
  const detail = quote(answer);
  switch (status) {
    case 400:
    case 409:
    case 422:
      return { kind: 'split', reason: 'invalid', status, detail };
    case 413:
      return { kind: 'split', reason: 'too-large', status, detail };
    default: {
      const isDenied = status === 401 || status === 403;
      // A success that a handler made into an error is as odd as it sounds; under a new key it gets another chance.
      const reason = status >= 400 ? 'invocation-failed' : 'unexpected-answer';
      const afterMs = isDenied ? UNAUTHORIZED_PAUSE_MS : undefined;
      return { kind: 'retry', key: 'next-generation', reason, status, afterMs, detail };
    }
  }
}

function ofIngress(answer: Answer, nowMs: number, answerer: Answerer): DeliveryOutcome {
  const { status } = answer;
  if (status === 200 || status === 202) return ofSuccess(answer, answerer);
  if (status >= 300 && status < 400) return refused('redirected', answer);
  if (status === 413) return { kind: 'split', reason: 'too-large', status, detail: quote(answer) };
  if (status === 429 || status === 503) {
    return retry('ingress-busy', status, quote(answer), retryAfterMs(answer.retryAfter, nowMs));
  }
  // 408 Request Timeout and 425 Too Early say by their definition that nothing was processed.
  if (status >= 500 || status === 408 || status === 425) {
    return retry('ingress-error', status, quote(answer), retryAfterMs(answer.retryAfter, nowMs));
  }
  if (status >= 400) return refused(refusalOf(status), answer);
  return retry('unexpected-answer', status, `status ${status} is none of the plane's`);
}

function ofSuccess(answer: Answer, answerer: Answerer): DeliveryOutcome {
  const { status } = answer;
  if (isHtml(answer)) return refused('not-the-plane', answer);
  if (!answer.isFromRestate && answerer === 'plane' && parsed(answer) !== undefined) {
    return { kind: 'refused', reason: 'not-the-plane', status, detail: `no x-restate-id: ${quote(answer)}` };
  }
  if (!answer.isFromRestate && parsed(answer) === undefined) {
    return retry('unexpected-answer', status, `success without JSON or x-restate-id: ${quote(answer)}`);
  }
  return { kind: 'accepted', reason: status === 202 ? 'queued' : 'executed', status };
}

function refusalOf(status: number): RefusalReason {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return 'unauthorized';
    case 404:
    case 405:
    case 410:
      return 'not-registered';
    default:
      return 'bad-request';
  }
}

function retry(reason: RetryReason, status: number, detail: string, afterMs?: number): DeliveryOutcome {
  return { kind: 'retry', key: 'same', reason, status, afterMs, detail };
}

function refused(reason: RefusalReason, answer: Answer): DeliveryOutcome {
  return {
    kind: 'refused',
    reason: isHtml(answer) ? htmlReason(reason) : reason,
    status: answer.status,
    detail: quote(answer),
  };
}

/** A page instead of an answer tells more than the 404 or 405 it came with: this is a web server, no ingress. */
function htmlReason(reason: RefusalReason): RefusalReason {
  return reason === 'not-registered' || reason === 'bad-request' ? 'not-the-plane' : reason;
}

function isHtml({ contentType, body }: Answer): boolean {
  return /\bhtml\b/i.test(contentType) || /^\s*<(!doctype|html)/i.test(body.slice(0, 200));
}

function sourceOf(answer: Answer): string | undefined {
  if (answer.errorSource !== undefined) return answer.errorSource.toLowerCase();
  if (answer.status < 400) return undefined;
  const body = parsed(answer);
  return isRecord(body) && typeof body['source'] === 'string' ? body['source'] : undefined;
}

function parsed({ body, isBodyCut }: Answer): unknown {
  if (isBodyCut) return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The answer's own words, one line, bounded, for a person; without what looks like a secret: proxies show what they were sent. */
function quote(answer: Answer): string {
  const body = parsed(answer);
  const words = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : answer.body;
  const line = words.split('\n', 1)[0] ?? '';
  const clean = redact(line.replaceAll(/\p{C}/gu, ' '));
  const printable = clean.slice(0, QUOTED_CHARACTERS).trim().toWellFormed();
  return printable === '' ? `status ${answer.status}` : `status ${answer.status}: ${printable}`;
}
