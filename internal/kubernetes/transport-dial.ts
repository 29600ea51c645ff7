/**
 * Opens one connection to the API server: TCP with keep-alive, the tunnel through a proxy where one stands between, and
 * TLS. Kept apart from HTTP so that HTTP/1.1 and HTTP/2 can share it.
 *
 * Keep-alive finds a peer that is gone without a word: first probe after 15 s of silence, then, as libuv sets it, one a
 * second, ten in all; so a dead watch is noticed within 25 s where nothing in between answers for the server.
 */
import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { withDeadline, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { asError } from './transport-errors.ts';
import type { Proxy } from './transport-proxy.ts';
import { openTunnel } from './transport-tunnel.ts';

/** What TLS needs to know, read afresh whenever files rotate. PEM throughout. */
export interface TlsMaterial {
  /** Undefined: the certificate authorities Node came with. */
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  /** tls-server-name: the name that is asked for and checked instead of the host's. */
  readonly serverName: string | undefined;
  readonly rejectUnauthorized: boolean;
}

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** Undefined for a plain http:// server. */
  readonly tls: TlsMaterial | undefined;
  readonly proxy: Proxy | undefined;
}

/** Opens a connection, or rejects with what went wrong (not coded yet: transport-errors.ts), or the signal's reason. */
export type Dial = (signal: AbortSignal) => Promise<Socket>;

const KEEP_ALIVE_AFTER_MS = 15_000;
const DIAL_TIMEOUT_MS = 15_000;

/** Throws API_TLS at once when CA, certificate or key are not what they should be. */
export function dialer(target: DialTarget, clock: Clock): Dial {
  const context = target.tls === undefined ? undefined : secureContext(target.tls);
  return async (signal) => {
    const deadline = withDeadline(clock, DIAL_TIMEOUT_MS, signal);
    try {
      return await dial(target, context, deadline.signal);
    } finally {
      deadline.done();
    }
  };
}

function secureContext(tls: TlsMaterial): SecureContext {
  try {
    // Node passes over a CA that is no certificate without a word; the handshake would then fail with a riddle.
    if (tls.ca !== undefined) new X509Certificate(tls.ca);
    return createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw new CodedError('API_TLS', `certificate-authority, client certificate or key: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function dial(target: DialTarget, context: SecureContext | undefined, signal: AbortSignal): Promise<Socket> {
  const first = target.proxy ?? target;
  let socket = connectTcp({
    host: first.host,
    port: first.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
  });
  await until(socket, 'connect', signal);
  if (target.proxy !== undefined) socket = await throughProxy(socket, target.proxy, target, signal);
  if (target.tls === undefined || context === undefined) return socket;
  const secured = startTls(socket, target.host, target.tls, context);
  await until(secured, 'secureConnect', signal);
  return secured;
}

async function throughProxy(socket: Socket, proxy: Proxy, target: DialTarget, signal: AbortSignal): Promise<Socket> {
  const hop = proxy.kind === 'https' ? startTls(socket, proxy.host, undefined, undefined) : socket;
  const abort = (): void => void hop.destroy(signal.reason as Error);
  try {
    if (hop !== socket) await until(hop, 'secureConnect', signal);
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    await openTunnel(hop, proxy, target.host, target.port);
    return hop;
  } catch (error) {
    hop.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function startTls(socket: Socket, host: string, tls?: TlsMaterial, secureContext?: SecureContext): Socket {
  const name = tls?.serverName ?? host;
  return connectTls({
    socket,
    host,
    ...(secureContext === undefined ? {} : { secureContext }),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: tls?.rejectUnauthorized ?? true,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ALPNProtocols: ['http/1.1'],
  });
}

/** Resolves on `event`; rejects on error, close or abort, and then leaves no socket behind. */
function until(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off(event, onReady).off('error', fail).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(asError(error));
    };
    const onReady = (): void => {
      settle();
      resolve();
    };
    const onClose = (): void => fail(new Error('the peer hung up before the connection stood'));
    const onAbort = (): void => fail(signal.reason);
    socket.on(event, onReady).on('error', fail).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
