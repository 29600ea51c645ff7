/**
 * The smallest server to point a transport at: answers each request with a handler of the test, over TLS if given a
 * certificate, and can be cut off. For single faults of the wire; what an API server does is simulated-apiserver's.
 */
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { KeyAndCertificate } from './simulated-apiserver/x509.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ApiStub extends AsyncDisposable {
  readonly url: URL;
  readonly port: number;
  /** `GET /api/v1/pods?limit=1`, in the order they came. */
  readonly requests: string[];
  /** Connections open now. */
  readonly sockets: Set<Socket>;
  /** How many connections there ever were. */
  accepted(): number;
  /** Resets every connection. */
  reset(): void;
}

export interface StubTls extends KeyAndCertificate {
  /** Asks for a client certificate of this authority. */
  readonly clientCa?: string;
}

export async function startApiStub(handler: Handler, tls?: StubTls, port = 0): Promise<ApiStub> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const answer: Handler = (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    handler(request, response);
  };
  const server =
    tls === undefined
      ? createHttp(answer)
      : createHttps(
          {
            cert: tls.certificatePem,
            key: tls.keyPem,
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          answer,
        );
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const at = (server.address() as AddressInfo).port;
  return {
    url: new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${at}`),
    port: at,
    requests,
    sockets,
    accepted: () => accepted,
    reset: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers?: Record<string, string>): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
