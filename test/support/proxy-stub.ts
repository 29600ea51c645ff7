/**
 * A proxy for tests: HTTP CONNECT (over TLS if given a certificate) or SOCKS5, which can refuse, be silent or hang up.
 */
import { once } from 'node:events';
import { connect, createServer as createTcp, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { KeyAndCertificate } from './simulated-apiserver/x509.ts';

export interface ProxyStub extends AsyncDisposable {
  readonly port: number;
  /** First bytes of each client, as text: the CONNECT request, or SOCKS5's. */
  readonly heads: string[];
  /** Where tunnels went. */
  readonly targets: string[];
}

export type ProxyBehaviour = 'works' | 'refuses' | 'silent' | 'hangs-up' | 'babbles';

export interface ProxyStubOptions {
  readonly kind: 'http' | 'socks5';
  readonly behaviour?: ProxyBehaviour;
  readonly tls?: KeyAndCertificate;
  readonly login?: { readonly user: string; readonly password: string };
}

export async function startProxyStub(options: ProxyStubOptions): Promise<ProxyStub> {
  const heads: string[] = [];
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    void converse(socket, options, heads, targets, sockets).catch(() => socket.destroy());
  };
  const server =
    options.tls === undefined
      ? createTcp(serve)
      : createTls({ cert: options.tls.certificatePem, key: options.tls.keyPem }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heads,
    targets,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

async function converse(
  socket: Socket,
  options: ProxyStubOptions,
  heads: string[],
  targets: string[],
  sockets: Set<Socket>,
): Promise<void> {
  const head = await next(socket);
  heads.push(head.toString('latin1'));
  const behaviour = options.behaviour ?? 'works';
  if (behaviour === 'silent') return;
  if (behaviour === 'hangs-up') return void socket.end();
  if (behaviour === 'babbles') return void socket.write(Buffer.alloc(64 * 1024, 'x'));
  const target =
    options.kind === 'http' ? httpTarget(socket, head, behaviour) : await socksTarget(socket, options, behaviour);
  if (target === undefined) return;
  targets.push(`${target.host}:${target.port}`);
  const upstream = connect(target.port, target.host);
  sockets.add(upstream);
  upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  await once(upstream, 'connect');
  socket.write(options.kind === 'http' ? 'HTTP/1.1 200 OK\r\n\r\n' : Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  upstream.pipe(socket).pipe(upstream);
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function httpTarget(socket: Socket, head: Buffer, behaviour: ProxyBehaviour): Target | undefined {
  if (behaviour === 'refuses') {
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    return undefined;
  }
  const [, host = '', port = ''] = /^CONNECT (.*):(\d+) /.exec(head.toString('latin1')) ?? [];
  return { host, port: Number(port) };
}

async function socksTarget(
  socket: Socket,
  options: ProxyStubOptions,
  behaviour: ProxyBehaviour,
): Promise<Target | undefined> {
  socket.write(Buffer.from([5, options.login === undefined ? 0 : 2]));
  if (options.login !== undefined) {
    const login = await next(socket);
    const user = login.subarray(2, 2 + login[1]!).toString();
    const password = login.subarray(3 + login[1]!).toString();
    const isRight = user === options.login.user && password === options.login.password;
    socket.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return undefined;
  }
  const request = await next(socket);
  if (behaviour === 'refuses') {
    socket.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
    return undefined;
  }
  const end = 5 + request[4]!;
  return { host: request.subarray(5, end).toString(), port: request.readUInt16BE(end) };
}

async function next(socket: Socket): Promise<Buffer> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  queueMicrotask(() => socket.resume());
  return chunk;
}
