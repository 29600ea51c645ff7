/**
 * Where the plane's handlers are: base URL, optional path prefix, service, key, handler. Pure.
 *
 * Restate decodes the key of an object from the path, so `a/b` must arrive as one segment: each segment is encoded. From
 * Restate 1.7 on the paths of the contract are also there under `/restate/call/...` (and one day only there), hence the
 * prefix.
 */
import { CodedError } from '../platform/errors.ts';

/** What a URL or prefix of the plane comes down to. */
export interface PlaneAddress {
  /** Scheme, host and port, as undici wants them. */
  readonly origin: string;
  /** Begins every path; without a slash at its end, '' for none. */
  readonly basePath: string;
}

/** Reads --restate-url and --restate-path-prefix. Throws PLANE_URL_INVALID. */
export function planeAddress(url: string, pathPrefix = ''): PlaneAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new CodedError('PLANE_URL_INVALID', 'the URL of the plane must begin with http:// or https://');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new CodedError('PLANE_URL_INVALID', 'the URL of the plane holds a user name or password');
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw new CodedError('PLANE_URL_INVALID', 'the URL of the plane has a query or fragment');
  }
  const parts = [...parsed.pathname.split('/'), ...pathPrefix.split('/')].filter((part) => part !== '');
  return { origin: parsed.origin, basePath: parts.map((part) => `/${part}`).join('') };
}

/** Whether the answer waits for the handler (`call`) or only for the ingress to have stored the call (`send`). */
export type CallMode = 'call' | 'send';

const VERSIONED_CALL = '/restate/call';
const VERSIONED_SEND = '/restate/send';

/**
 * The path of a handler: planePath(address, ['ProjectService', clusterId, 'onPodEvents']). Restate tells a send by the
 * path, at its end in the paths of the contract, and in the prefix in those of 1.7.
 */
export function planePath({ basePath }: PlaneAddress, target: readonly string[], mode: CallMode = 'call'): string {
  const path = target.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  if (mode === 'call') return basePath + path;
  if (!basePath.endsWith(VERSIONED_CALL)) return `${basePath}${path}/send`;
  return basePath.slice(0, -VERSIONED_CALL.length) + VERSIONED_SEND + path;
}
