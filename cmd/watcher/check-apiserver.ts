/**
 * Whether the API server answers, whether its version is one we are tested with, and how far its clock and ours are apart,
 * which its `Date` header tells to the second. Of /version, which everybody may read.
 */
import type { ApiTransport } from '../../internal/kubernetes/transport.ts';
import { newestKubernetes, oldestKubernetes, supportOf } from '../../internal/kubernetes/supported-versions.ts';
import { statusError } from '../../internal/kubernetes/transport-status.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { spanText } from '../../internal/platform/table.ts';
import { failed, works, type CheckRow } from './check-row.ts';

const TIMEOUT_MS = 10_000;

/** What is told of a pod is compared with times of the cluster; beyond this, ages and waits are off by what matters. */
const MOST_SKEW_MS = 5_000;

/** The row that says of which version the API server is. */
export const VERSION_ROW = 'Kubernetes version';

/** A row for the server, its version and its clock each. Rejects with a CodedError where the server does not answer. */
export async function checkApiServer(
  transport: Pick<ApiTransport, 'request'>,
  { clock, server, signal }: { readonly clock: Clock; readonly server: string; readonly signal: AbortSignal },
): Promise<CheckRow[]> {
  const sentMs = clock.now();
  const answer = await transport.request(
    { method: 'GET', path: '/version' },
    { timeoutMs: TIMEOUT_MS, maxBytes: 64 * 1024, signal },
  );
  const receivedMs = clock.now();
  if (answer.status !== 200) throw statusError({ verb: 'get', resource: 'version', group: '' }, answer);
  const took = spanText(receivedMs - sentMs);
  const version = versionIn(answer.body);
  return [
    works('API server', `${server} is ${version ?? 'of a version it does not tell'}, answered after ${took}`),
    versionRow(version),
    clockRow(skewMs(answer.headers['date'], sentMs, receivedMs)),
  ];
}

function versionIn(body: Buffer): string | undefined {
  try {
    const { gitVersion } = JSON.parse(body.toString('utf8')) as { gitVersion?: unknown };
    return typeof gitVersion === 'string' && /^[\w.+-]{1,64}$/.test(gitVersion) ? gitVersion : undefined;
  } catch {
    return undefined;
  }
}

/** Only a version that is too old needs anything done; the agent does its work with every one as far as that allows. */
export function versionRow(version: string | undefined): CheckRow {
  const tested = `${oldestKubernetes} to ${newestKubernetes}`;
  switch (supportOf(version)) {
    case 'supported':
      return works(VERSION_ROW, `${version ?? ''} is supported (${tested})`);
    case 'newer-than-tested':
      return works(
        VERSION_ROW,
        `${version ?? ''} is newer than what was tested (${tested}); what the agent uses is stable`,
      );
    case 'unknown':
      return works(VERSION_ROW, `not compared: the API server tells none; supported are ${tested}`);
    case 'older-than-supported': {
      const detail = `${version ?? ''} is older than what is supported (${tested})`;
      return failed(VERSION_ROW, 'degraded', new CodedError('KUBERNETES_TOO_OLD', detail));
    }
  }
}

/**
 * How far the server's clock is ahead of ours, at least; 0 where both may be the same. The header was made between sending
 * and receiving, and stands for a whole second. Undefined where there is none.
 */
export function skewMs(date: string | undefined, sentMs: number, receivedMs: number): number | undefined {
  const dateMs = Date.parse(date ?? '');
  if (Number.isNaN(dateMs)) return undefined;
  if (dateMs > receivedMs) return dateMs - receivedMs;
  return Math.min(0, dateMs + 1000 - sentMs);
}

export function clockRow(skew: number | undefined): CheckRow {
  if (skew === undefined) return works('clock', 'not compared: the API server tells no time');
  if (Math.abs(skew) <= MOST_SKEW_MS)
    return works('clock', `agrees with the API server to ${spanText(Math.abs(skew) + 1000)}`);
  const detail = `${spanText(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the API server`;
  return failed('clock', 'degraded', new CodedError('CLOCK_SKEWED', detail));
}
