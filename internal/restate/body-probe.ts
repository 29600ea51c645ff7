/**
 * Asks whether a body of this size would be taken, without sending it: `Expect: 100-continue` (RFC 9110, 10.1.1).
 *
 * A server that refuses a body by its size may answer 413 and close while we are still writing; the reset then overtakes
 * the answer, and what should halve the batch looks like a broken network, for ever (seen on the real server under load).
 * So after a broken connection with a large body this is asked once. undici knows no Expect; node:http does.
 */
import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { withDeadline, type Clock } from '../platform/clock.ts';
import type { HttpCall } from './exchange.ts';
import type { TlsMaterial } from './plane-credentials.ts';

/** Bodies below this are taken everywhere, and fit into one write, which no reset overtakes. */
export const PROBED_BYTES = 32 * 1024;

export interface ProbeOptions {
  readonly tls: TlsMaterial;
  readonly lookup: LookupFunction | undefined;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/** True where the server says 413 to the headers alone; false for every other answer, and for none. Never rejects. */
export async function isBodyTooLarge(origin: string, call: HttpCall, options: ProbeOptions): Promise<boolean> {
  const deadline = withDeadline(options.clock, options.deadlineMs, options.signal);
  try {
    return (await statusOf(origin, call, options, deadline.signal)) === 413;
  } finally {
    deadline.done();
  }
}

/** The status of the final answer; undefined where the server wants the body, or does not answer. */
function statusOf(
  origin: string,
  call: HttpCall,
  { tls, lookup }: ProbeOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const url = new URL(origin);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { ...call.headers, expect: '100-continue', 'content-length': call.body?.length ?? 0 };
  const common: RequestOptions = { method: call.method, path: call.path, headers, agent: false, signal };
  return new Promise((resolve) => {
    const probe = request(url, { ...common, ...tls, ...(lookup === undefined ? {} : { lookup }) });
    const end = (status?: number): void => {
      resolve(status);
      probe.destroy();
    };
    probe.once('continue', () => end());
    probe.once('response', ({ statusCode }) => end(statusCode));
    probe.on('error', () => end());
    // Only the headers leave; the body would begin with the first write.
    probe.flushHeaders();
  });
}
