/**
 * The open listener: /livez, /healthz, /readyz and /metrics, nothing else. It answers GET and HEAD without a body,
 * limits headers, time and connections, and never shows a stack or a pod's message.
 */
import fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:https';
import type { Metrics } from '../metrics/metrics.ts';
import { CodedError } from '../platform/errors.ts';
import { report, type HealthCheck, type HealthSource } from './health.ts';

export interface ListenAddress {
  /** '' listens on all interfaces. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** For new connections, of a listener that was built with TLS. */
  renewTls(tls: ServerTls): void;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** How often Node looks for clients that are too slow; its default lets one sit for 30 s more. */
const LOOK_FOR_SLOW_MS = 1_000;
const MOST_CONNECTIONS = 256;
const LONGEST_URL = 1024;

/** A Fastify with the bounds every listener of ours has; https where there is a certificate. */
export function boundedFastify(tls?: ServerTls): FastifyInstance {
  const slow = { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LOOK_FOR_SLOW_MS };
  const app = fastify({
    ...(tls === undefined
      ? {}
      : ({ https: { ...tls, ...slow, minVersion: 'TLSv1.2', handshakeTimeout: HEADERS_TIMEOUT_MS } } as object)),
    logger: false,
    bodyLimit: 1024,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 2 * REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 30_000,
    http: { ...slow, maxHeaderSize: 8192 },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
    exposeHeadRoutes: true,
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.length > LONGEST_URL) await reply.code(414).send({ error: 'URL too long' });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    return reply.code(status).send({ error: status < 500 ? 'bad request' : 'internal error' });
  });
  return app;
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status >= 400 && status < 600 ? status : 500;
}

/** Starts `app` on `address`; LISTEN_FAILED when the port is taken or may not be used. */
export async function listen(app: FastifyInstance, address: ListenAddress): Promise<RunningServer> {
  try {
    await app.listen({ host: address.host === '' ? '::' : address.host, port: address.port });
  } catch (cause) {
    if (address.host !== '' || !isWithoutIpv6(cause)) throw listenFailed(address, cause);
    await app.listen({ host: '0.0.0.0', port: address.port }).catch((error: unknown) => {
      throw listenFailed(address, error);
    });
  }
  const { address: host, port } = app.server.address() as AddressInfo;
  const renewTls = (tls: ServerTls): void => {
    if (app.server instanceof TlsServer) app.server.setSecureContext({ ...tls, minVersion: 'TLSv1.2' });
  };
  return { host, port, renewTls, close: () => app.close() };
}

const isWithoutIpv6 = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');

function listenFailed(address: ListenAddress, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CodedError('LISTEN_FAILED', `${address.host}:${address.port}: ${why}`, { cause });
}

export function buildHttp(health: HealthSource, metrics: Pick<Metrics, 'expose'>, tls?: ServerTls): FastifyInstance {
  const app = boundedFastify(tls);
  const probe = (path: string, checks: () => readonly HealthCheck[]): void => {
    app.get(path, (_request, reply) => {
      const answer = report(checks());
      return reply.code(answer.status === 'ok' ? 200 : 503).send(answer);
    });
  };
  probe('/livez', () => health.live());
  probe('/healthz', () => health.live());
  probe('/readyz', () => health.ready());
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics.expose();
    return reply.header('content-type', contentType).send(body);
  });
  return app;
}
