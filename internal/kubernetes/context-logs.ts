/**
 * The last lines a container wrote, through the API server from its kubelet: `kubectl logs --tail`.
 *
 * Promises: reads at most LOG_READ_BYTES and tells at most `bytes` of them, the last ones; what is told went through the
 * redactor together with the lines before it, so that a key that began earlier is still known as one. Does not promise:
 * that there is a log; the kubelet removes those of old containers, and then says so in the place of the log.
 */
import type { ContextSubject, LogOf, LogTail } from '../pipeline/context.ts';
import type { Redactor } from '../platform/redact.ts';
import { cleanText, lastLines } from './context-text.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

export interface LogBounds {
  readonly lines: number;
  readonly bytes: number;
}

export interface ReadOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The kubelet begins with the first of the lines asked for, and where these are too long leaves out the newest. */
const LOG_READ_BYTES = 256 * 1024;
/** Of these the last are looked at: several times what is told. */
const LOG_LOOKED_AT_BYTES = 32 * 1024;
/** Lines read beside those told: a private key has some fifty. */
const LINES_BEFORE = 80;
/** Kubelet, kuberuntime_container.go, GetContainerLogs and ReadLogs, with status 200. */
const NO_LOG = /^(?:unable to retrieve container logs for |failed to try resolving symlinks in path )[^\n]*\n?$/;

/** Undefined where there is none. Rejects with a CodedError. */
export async function readLog(
  transport: Pick<ApiTransport, 'request'>,
  { namespace, name, container }: ContextSubject,
  of: LogOf,
  bounds: LogBounds,
  redact: Redactor,
  options: ReadOptions,
): Promise<LogTail | undefined> {
  const at = [namespace, 'pods', name, 'log'].map((part) => encodeURIComponent(part)).join('/');
  const tailLines = bounds.lines + LINES_BEFORE;
  const answer = await transport.request(
    {
      ...{ method: 'GET', path: `/api/v1/namespaces/${at}`, headers: { accept: 'application/json, */*' } },
      query: { container, tailLines, limitBytes: LOG_READ_BYTES, previous: of === 'previous' ? true : undefined },
    },
    { ...options, maxBytes: 2 * LOG_READ_BYTES },
  );
  // 204: no node yet. 400: no such container, none before it, or none yet. 404: no such pod.
  if ([204, 400, 404].includes(answer.status)) return undefined;
  if (answer.status !== 200)
    throw statusError({ verb: 'get', resource: 'pods/log', group: '', namespace, name }, answer);
  return tailOf(answer.body, bounds, redact);
}

/** What is told of the bytes of a log. Of a line whose beginning is not looked at nothing is: it may say what the rest is. */
export function tailOf(body: Buffer, { lines, bytes }: LogBounds, redact: Redactor): LogTail | undefined {
  const start = Math.max(0, body.length - LOG_LOOKED_AT_BYTES);
  const lineEnd = start === 0 ? -1 : body.indexOf('\n', start - 1);
  if (start > 0 && lineEnd < 0) return { text: '', isCut: true };
  const looked = body.toString('utf8', lineEnd < 0 ? start : lineEnd + 1);
  if (NO_LOG.test(looked)) return undefined;
  const tail = lastLines(cleanText(looked, redact), lines, bytes);
  return { text: tail.text, isCut: tail.isCut || body.length >= LOG_READ_BYTES };
}
