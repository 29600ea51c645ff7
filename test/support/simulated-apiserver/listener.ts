/**
 * The listening side: HTTP/1.1 and HTTP/2 over TLS on one port as kube-apiserver offers them, or plain HTTP/1.1. It can go
 * away and come back on the same port, and cut connections the hard way.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HttpRequest, HttpResponse } from './response.ts';
import type { KeyAndCertificate } from './x509.ts';

const IDLE_CONNECTION_MS = 180_000;

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes a free one, and keeps it from then on. */
  readonly port: number;
  /** Undefined for plain HTTP. */
  readonly tls: (KeyAndCertificate & { readonly clientCaPem: string }) | undefined;
  readonly onRequest: (request: HttpRequest, response: HttpResponse) => void;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #sockets = new Map<string, Socket>();
  #tls: ListenerOptions['tls'];
  #server: HttpServer | Http2SecureServer | undefined;
  #port: number;
  #accepted = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#tls = options.tls;
    this.#port = options.port;
  }

  get port(): number {
    return this.#port;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Connections accepted since the beginning. */
  get acceptedConnections(): number {
    return this.#accepted;
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = this.#createServer();
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#track(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#options.host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Refuses new connections, cuts those there are, and lets go of the port. Doing it twice is harmless. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cutAll();
    await closed;
  }

  /** Cuts all connections with a reset. */
  cutAll(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
  }

  /** Cuts the connection a request came over. */
  cut(request: HttpRequest): void {
    this.#sockets.get(addressOf(socketOf(request)))?.resetAndDestroy();
  }

  /** Presents another certificate to whoever connects from now on. */
  useCertificate(certificate: KeyAndCertificate): void {
    if (this.#tls === undefined) throw new Error('this server speaks plain HTTP');
    this.#tls = { ...this.#tls, ...certificate };
    if (this.#server !== undefined && 'setSecureContext' in this.#server)
      this.#server.setSecureContext(tlsOf(this.#tls));
  }

  #createServer(): HttpServer | Http2SecureServer {
    const { onRequest } = this.#options;
    if (this.#tls === undefined) return createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, onRequest);
    const server = createSecureServer(
      {
        allowHTTP1: true,
        ...tlsOf(this.#tls),
        requestCert: true,
        rejectUnauthorized: false,
        // What Go's server allows; a client that relies on more would be surprised by the real one.
        settings: { maxConcurrentStreams: 250 },
      },
      onRequest,
    );
    // Node closes idle HTTP/1.1 connections after 5 s, which races with a client that is about to use one; Go waits for minutes.
    Object.assign(server, { keepAliveTimeout: IDLE_CONNECTION_MS });
    // Clients that vanish or don't trust us are no news.
    server.on('sessionError', () => undefined);
    return server;
  }

  #track(socket: Socket): void {
    const address = addressOf(socket);
    this.#accepted += 1;
    this.#sockets.set(address, socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      if (this.#sockets.get(address) === socket) this.#sockets.delete(address);
    });
    socket.on('error', () => undefined);
  }
}

function tlsOf(tls: NonNullable<ListenerOptions['tls']>): { key: string; cert: string; ca: string } {
  return { key: tls.keyPem, cert: tls.certificatePem, ca: tls.clientCaPem };
}

/** The socket of a request: with HTTP/2 it belongs to the session. */
function socketOf(request: HttpRequest): Pick<Socket, 'remoteAddress' | 'remotePort'> {
  return 'stream' in request ? (request.stream.session?.socket ?? request.socket) : request.socket;
}

const addressOf = (socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;

/** Common name of a client's certificate, where it has one that our authority signed. */
export function certificateName(request: HttpRequest): string | undefined {
  // A session's socket is a proxy that answers for its properties but denies having them.
  const socket = ('stream' in request ? request.stream.session?.socket : request.socket) as
    Partial<TLSSocket> | undefined;
  if (socket?.authorized !== true) return undefined;
  const name = socket.getPeerCertificate?.().subject.CN;
  return typeof name === 'string' ? name : undefined;
}
