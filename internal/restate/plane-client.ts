/**
 * The one door to the plane: every request of the agent goes through here, over a few kept-alive connections.
 *
 * Promises: never rejects; one deadline for each call, body included; credentials as they are on disk now; a new CA or
 * client certificate closes the connections made under the old one; redirects are answers, not followed. Two
 * connections are enough: all deliveries of a cluster queue for one key of the plane anyway (measured: more than two in
 * flight adds waiting, no throughput). Not done here: retries, the breaker, and what an answer means.
 */
import { Pool, ProxyAgent, type buildConnector, type Dispatcher } from 'undici';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import { withoutSecrets } from './answer-secrets.ts';
import { isBodyTooLarge, PROBED_BYTES } from './body-probe.ts';
import { exchange, type Exchange } from './exchange.ts';
import type { CredentialSource, Credentials, TlsMaterial } from './plane-credentials.ts';
import type { PlaneObserver } from './plane-observer.ts';
import { planeAddress, planePath, type CallMode } from './plane-url.ts';

export interface PlaneClientOptions {
  /** --restate-url, and --restate-path-prefix ('' for none). */
  readonly url: string;
  readonly pathPrefix: string;
  readonly agentVersion: string;
  /** Longest one call may take as a whole. */
  readonly timeoutMs: number;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly observer: PlaneObserver;
  /** Looks host names up; the system's way when absent. */
  readonly lookup?: LookupFunction;
  /** URL of the proxy to go through, by a tunnel; it looks the plane's name up then. */
  readonly proxy?: string | undefined;
}

/** A call of one handler. The body is JSON; without one, a GET. */
export interface PlaneCall {
  /** Service, key where it has one, handler. Encoded by the client. */
  readonly target: readonly string[];
  /** `send` is answered once the call is stored, `call` (the default) once it is done. */
  readonly mode?: CallMode;
  readonly body?: Uint8Array;
  readonly idempotencyKey?: string;
}

export interface PlaneClient {
  call(call: PlaneCall, signal?: AbortSignal): Promise<Exchange>;
  /** Ends all connections; calls under way come to nothing. */
  close(): Promise<void>;
}

const CONNECTIONS = 2;

/** Shorter than the 60 s after which common load balancers forget a connection; Restate itself keeps it for 180 s and more. */
const KEEP_ALIVE_MS = 30_000;

/** Opens nothing until the first call. Throws PLANE_URL_INVALID. */
export function createPlaneClient(options: PlaneClientOptions): PlaneClient {
  const address = planeAddress(options.url, options.pathPrefix);
  const pools = poolByTls(address.origin, options);
  const perform = async (call: PlaneCall, signal: AbortSignal | undefined): Promise<Exchange> => {
    const credentials = await credentialsOf(options.credentials);
    if ('kind' in credentials) return credentials;
    const request = {
      method: call.body === undefined ? 'GET' : 'POST',
      path: planePath(address, call.target, call.mode),
      headers: headersOf(call, credentials.token, options.agentVersion),
      body: call.body,
    } as const;
    const { clock, timeoutMs: deadlineMs } = options;
    const limits = { clock, deadlineMs, signal };
    const received = await exchange(pools.under(credentials), address.origin, request, limits);
    const answer = withoutSecrets(received, [credentials.token]);
    // What a proxy makes of a body that is too large, nobody can tell from here.
    if (isReset(answer, call) && options.proxy === undefined) {
      const probing = { ...limits, tls: credentials.tls, lookup: options.lookup };
      if (await isBodyTooLarge(address.origin, request, probing)) return tooLarge;
    }
    if (answer.kind === 'answer' && (answer.status === 401 || answer.status === 403)) options.credentials.recheck();
    return answer;
  };
  return {
    call: async (call, signal) => {
      const startedMs = options.clock.monotonicMs();
      const result = await perform(call, signal);
      const code = result.kind === 'answer' ? String(result.status) : result.cause;
      options.observer.request(call.target.at(-1) ?? '', code, options.clock.monotonicMs() - startedMs);
      return result;
    },
    close: () => pools.close(),
  };
}

/** Whether a connection broke under a body large enough to be the reason. */
function isReset(answer: Exchange, { body }: PlaneCall): boolean {
  return answer.kind === 'failure' && answer.cause === 'network' && (body?.length ?? 0) >= PROBED_BYTES;
}

/** The answer that a reset overtook. */
const tooLarge: Exchange = {
  kind: 'answer',
  status: 413,
  errorSource: undefined,
  isFromRestate: false,
  contentType: '',
  retryAfter: undefined,
  body: 'refused by its size before it was read',
  isBodyCut: false,
};

async function credentialsOf(source: CredentialSource): Promise<Credentials | Exchange> {
  try {
    return await source.current();
  } catch (error) {
    return { kind: 'failure', cause: 'credentials', detail: describeError(error).message };
  }
}

function headersOf(call: PlaneCall, token: string | undefined, version: string): Record<string, string> {
  return {
    accept: 'application/json',
    'user-agent': `watcher/${version}`,
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    // An empty key is a key like any other to Restate, and would make all calls one.
    ...(call.idempotencyKey === undefined || call.idempotencyKey === ''
      ? {}
      : { 'idempotency-key': call.idempotencyKey }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

interface Pools {
  under(credentials: Credentials): Dispatcher;
  close(): Promise<void>;
}

function poolByTls(origin: string, options: PlaneClientOptions): Pools {
  let version = -1;
  let pool: Dispatcher | undefined;
  return {
    under: (credentials) => {
      if (pool === undefined || version !== credentials.tlsVersion) {
        // Calls under way on the old one may finish; it closes after them.
        void pool?.close();
        version = credentials.tlsVersion;
        pool = newPool(origin, credentials.tls, options);
      }
      return pool;
    },
    close: async () => {
      await pool?.destroy();
    },
  };
}

function newPool(origin: string, tls: TlsMaterial, options: PlaneClientOptions): Dispatcher {
  const { proxy } = options;
  const kept = { connections: CONNECTIONS, keepAliveTimeout: KEEP_ALIVE_MS };
  const connect = connectOptions(tls, options);
  if (proxy === undefined) return new Pool(origin, { ...kept, connect });
  // A call that still waits for its tunnel can't be aborted (undici 8), so the tunnel has a deadline of its own.
  const clientFactory = (to: URL, given: object): Dispatcher =>
    new Pool(to, { ...given, headersTimeout: options.timeoutMs });
  return new ProxyAgent({ ...kept, uri: proxy, requestTls: connect, proxyTunnel: true, clientFactory });
}

function connectOptions(tls: TlsMaterial, options: PlaneClientOptions): buildConnector.BuildOptions {
  return {
    // The call's deadline ends a connection attempt earlier; this is only a net below it.
    timeout: options.timeoutMs,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  };
}
