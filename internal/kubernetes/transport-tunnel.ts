/**
 * Asks a proxy, over a socket already open to it, for a tunnel to the API server: HTTP CONNECT (RFC 9110, 9.3.6) and
 * SOCKS5 (RFC 1928, with user and password of RFC 1929). The server's name is resolved by the proxy. Afterwards the
 * socket carries the API server's bytes and nothing else.
 */
import type { Socket } from 'node:net';
import { CodedError } from '../platform/errors.ts';
import type { Proxy } from './transport-proxy.ts';

/** Most that a proxy may say before the tunnel stands. */
const ANSWER_BYTES = 16 * 1024;

export async function openTunnel(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  if (proxy.kind === 'socks5') await socks5(socket, proxy, host, port);
  else await connect(socket, proxy, host, port);
}

async function connect(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const login = proxy.login;
  const authorization =
    login === undefined
      ? ''
      : `Proxy-Authorization: Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
  const head = await readUntil(socket, (bytes) => endOfHead(bytes));
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1'))?.[1];
  if (status === undefined || !status.startsWith('2')) {
    throw new CodedError('PROXY_FAILED', `CONNECT ${target} answered ${status ?? 'what is not HTTP'}`);
  }
}

function endOfHead(bytes: Buffer): number | undefined {
  const at = bytes.indexOf('\r\n\r\n');
  return at < 0 ? undefined : at + 4;
}

async function socks5(socket: Socket, proxy: Proxy, host: string, port: number): Promise<void> {
  const method = proxy.login === undefined ? 0 : 2;
  socket.write(Buffer.from([5, 1, method]));
  const chosen = await readUntil(socket, (bytes) => (bytes.length < 2 ? undefined : 2));
  if (chosen[0] !== 5 || chosen[1] !== method) throw new CodedError('PROXY_FAILED', 'SOCKS5: no login in common');
  if (proxy.login !== undefined) await socks5Login(socket, proxy.login);
  const name = Buffer.from(host);
  socket.write(Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]));
  const answer = await readUntil(socket, endOfSocks5Answer);
  if (answer[1] !== 0) throw new CodedError('PROXY_FAILED', `SOCKS5: ${host}:${port} answered ${answer[1] ?? -1}`);
}

async function socks5Login(socket: Socket, login: { user: string; password: string }): Promise<void> {
  const user = Buffer.from(login.user).subarray(0, 255);
  const password = Buffer.from(login.password).subarray(0, 255);
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
  const answer = await readUntil(socket, (bytes) => (bytes.length < 2 ? undefined : 2));
  if (answer[1] !== 0) throw new CodedError('PROXY_FAILED', 'SOCKS5: user and password refused');
}

/** VER REP RSV ATYP, then an address of 4, 16 or (length-prefixed) n bytes, then a port. */
function endOfSocks5Answer(bytes: Buffer): number | undefined {
  if (bytes.length < 5) return undefined;
  const address = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : 1 + (bytes[4] ?? 0);
  return bytes.length < 6 + address ? undefined : 6 + address;
}

/** Reads until `end` says where the answer ends; what follows stays in the socket. Rejects when the socket ends first. */
function readUntil(socket: Socket, end: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const settle = (action: () => void): void => {
      socket.off('readable', onReadable).off('close', onClose).off('error', onError);
      action();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(new CodedError('PROXY_FAILED', 'the proxy hung up')));
    const onReadable = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        bytes = Buffer.concat([bytes, chunk]);
      }
      const length = end(bytes);
      if (length === undefined && bytes.length > ANSWER_BYTES) {
        onError(new CodedError('PROXY_FAILED', 'the proxy answered more than it should'));
      }
      if (length === undefined) return;
      if (bytes.length > length) socket.unshift(bytes.subarray(length));
      settle(() => resolve(bytes.subarray(0, length)));
    };
    socket.on('readable', onReadable).on('close', onClose).on('error', onError);
    onReadable();
  });
}
