/**
 * The ways of getting bytes from an API server that are compared for docs/adr/0005-transport.md: the agent's own transport,
 * Node's other clients, undici, and bare TLS as the floor none can go below. Each streams one answer into a function.
 */
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { Agent as HttpsAgent, get } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { Agent as UndiciAgent, fetch as undiciFetch } from 'undici';
import { parse } from 'yaml';
import { dialer } from '../../../internal/kubernetes/transport-dial.ts';
import { Http1Transport } from '../../../internal/kubernetes/transport-http1.ts';
import { systemClock } from '../../../internal/platform/clock.ts';

export interface Server {
  readonly url: URL;
  readonly ca: Buffer;
  readonly token: string;
}

/** What a client is asked for: a path with its query, and the Accept header. */
export interface Asked {
  readonly path: string;
  readonly accept: string;
}

export type OnChunk = (chunk: Buffer) => void;

const WHOLE = 'over, as any answer';

export interface Client {
  /** Resolves when the answer is over, with what the client knows of how it ended; rejects where it tells an error. */
  read(asked: Asked, onChunk: OnChunk): Promise<string>;
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[];
  readonly users: readonly { user: { token: string } }[];
}

/** The server of a kubeconfig; `port` where something stands between. */
export function serverOf(kubeconfig: string, port?: string): Server {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster;
  const url = new URL(cluster?.server ?? '');
  if (port !== undefined) url.port = port;
  return {
    url,
    ca: Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64'),
    token: users[0]?.user.token ?? '',
  };
}

export const clients: Readonly<Record<string, (server: Server) => Client>> = {
  'TLS alone, no HTTP': bareTls,
  'the agent: node:http on its own TLS sockets': ours,
  'node:https, data events': nodeHttps,
  'node:http2': (server) => nodeHttp2(server),
  'node:http2, a PING each 5 s': (server) => nodeHttp2(server, 5_000),
  'undici, HTTP/1.1': (server) => undici(server, false),
  'undici, HTTP/2': (server) => undici(server, true),
  'undici fetch': fetching,
};

const headersOf = (server: Server, accept: string) => ({ authorization: `Bearer ${server.token}`, accept });

/** Takes the answer as one stream of bytes; whoever reads it must live with HTTP's head and chunks in it. */
function bareTls(server: Server): Client {
  return {
    read: ({ path, accept }, onChunk) =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ host: server.url.hostname, port: Number(server.url.port), ca: server.ca });
        const lines = [`GET ${path} HTTP/1.1`, `host: ${server.url.host}`, `authorization: Bearer ${server.token}`];
        socket.write([...lines, `accept: ${accept}`, 'connection: close', '', ''].join('\r\n'));
        socket.on('data', onChunk);
        socket.on('error', reject);
        socket.on('close', () => resolve(WHOLE));
      }),
  };
}

function ours(server: Server): Client {
  const clock = systemClock();
  const tls = { ca: server.ca, cert: undefined, key: undefined, serverName: undefined, rejectUnauthorized: true };
  const dial = dialer({ host: server.url.hostname, port: Number(server.url.port), tls, proxy: undefined }, clock);
  const transport = new Http1Transport({ server: server.url, dial, clock, userAgent: 'bench' });
  return {
    read: async ({ path, accept }, onChunk) => {
      const target = new URL(path, server.url);
      const request = { method: 'GET', path: target.pathname, query: Object.fromEntries(target.searchParams) } as const;
      const headers = headersOf(server, accept);
      const stream = await transport.stream({ ...request, headers }, { headersTimeoutMs: 30_000 });
      for await (const chunk of stream.chunks) onChunk(chunk);
      return WHOLE;
    },
  };
}

function nodeHttps(server: Server): Client {
  const agent = new HttpsAgent({ keepAlive: true, ca: server.ca });
  return {
    read: ({ path, accept }, onChunk) =>
      new Promise((resolve, reject) => {
        get(new URL(path, server.url), { agent, headers: headersOf(server, accept) }, (message) => {
          message.on('data', onChunk);
          message.on('error', reject);
          message.on('close', () => resolve(WHOLE));
        }).on('error', reject);
      }),
  };
}

/** Windows as large as it takes to be as fast as the others; Node's own are 64 KB. */
function nodeHttp2(server: Server, pingEveryMs?: number): Client {
  const window = 8 * 1024 * 1024;
  const options = { ca: server.ca, settings: { initialWindowSize: window } };
  const session: ClientHttp2Session = connectHttp2(server.url, options, (one) => one.setLocalWindowSize(window));
  let told = 'no error';
  session.on('error', (error: Error) => (told = error.message));
  if (pingEveryMs !== undefined) pinging(session, pingEveryMs);
  return {
    read: ({ path, accept }, onChunk) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': path, ...headersOf(server, accept) });
        let end = 'no end';
        stream.on('data', onChunk);
        stream.on('end', () => (end = 'end'));
        stream.on('error', reject);
        stream.on('close', () => resolve(`${end}, rstCode ${stream.rstCode}; of the session ${told}`));
      }),
  };
}

/** Destroys the session where a PING isn't answered before the next one is due. */
function pinging(session: ClientHttp2Session, everyMs: number): void {
  let isAnswered = true;
  setInterval(() => {
    if (!isAnswered) session.destroy(new Error('a PING was not answered'));
    isAnswered = false;
    if (!session.destroyed) session.ping(() => (isAnswered = true));
  }, everyMs);
}

function undici(server: Server, allowH2: boolean): Client {
  const agent = new UndiciAgent({ allowH2, bodyTimeout: 0, connect: { ca: server.ca } });
  return {
    read: async ({ path, accept }, onChunk) => {
      const origin = server.url.origin;
      const { body } = await agent.request({ origin, path, method: 'GET', headers: headersOf(server, accept) });
      for await (const chunk of body as AsyncIterable<Buffer>) onChunk(chunk);
      return WHOLE;
    },
  };
}

function fetching(server: Server): Client {
  const dispatcher = new UndiciAgent({ bodyTimeout: 0, connect: { ca: server.ca } });
  return {
    read: async ({ path, accept }, onChunk) => {
      const answer = await undiciFetch(new URL(path, server.url), { dispatcher, headers: headersOf(server, accept) });
      for await (const chunk of answer.body ?? []) {
        const { buffer, byteOffset, byteLength } = chunk as Uint8Array;
        onChunk(Buffer.from(buffer, byteOffset, byteLength));
      }
      return WHOLE;
    },
  };
}
