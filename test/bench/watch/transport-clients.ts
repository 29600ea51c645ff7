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

export interface Client {
  /** Resolves when the answer is over, or when `onChunk` returned true and the stream was let go. */
  read(asked: Asked, onChunk: (chunk: Buffer) => boolean): Promise<void>;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[];
  readonly users: readonly { user: { token: string } }[];
}

export function serverOf(kubeconfig: string): Server {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster;
  return {
    url: new URL(cluster?.server ?? ''),
    ca: Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64'),
    token: users[0]?.user.token ?? '',
  };
}

export const clients: Readonly<Record<string, (server: Server) => Client>> = {
  'TLS alone, no HTTP': bareTls,
  'the agent: node:http on its own TLS sockets': ours,
  'node:https, data events': nodeHttps,
  'node:http2': nodeHttp2,
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
        socket.on('data', (chunk: Buffer) => {
          if (onChunk(chunk)) socket.destroy();
        });
        socket.on('error', reject);
        socket.on('close', () => resolve());
      }),
    close: () => Promise.resolve(),
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
      for await (const chunk of stream.chunks) if (onChunk(chunk)) return;
    },
    close: () => transport.close(),
  };
}

function nodeHttps(server: Server): Client {
  const agent = new HttpsAgent({ keepAlive: true, ca: server.ca });
  return {
    read: ({ path, accept }, onChunk) =>
      new Promise((resolve, reject) => {
        const sent = get(new URL(path, server.url), { agent, headers: headersOf(server, accept) }, (message) => {
          message.on('data', (chunk: Buffer) => {
            if (onChunk(chunk)) sent.destroy();
          });
          message.on('error', () => undefined);
          message.on('close', () => resolve());
        });
        sent.on('error', reject);
      }),
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function nodeHttp2(server: Server): Client {
  const window = 8 * 1024 * 1024;
  const options = { ca: server.ca, settings: { initialWindowSize: window } };
  const session: ClientHttp2Session = connectHttp2(server.url, options, (one) => one.setLocalWindowSize(window));
  return {
    read: ({ path, accept }, onChunk) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': path, ...headersOf(server, accept) });
        stream.on('data', (chunk: Buffer) => {
          if (onChunk(chunk)) stream.close();
        });
        stream.on('error', reject);
        stream.on('close', () => resolve());
      }),
    close: () => new Promise((resolve) => session.close(resolve)),
  };
}

function undici(server: Server, allowH2: boolean): Client {
  const agent = new UndiciAgent({ allowH2, bodyTimeout: 0, connect: { ca: server.ca } });
  return {
    read: async ({ path, accept }, onChunk) => {
      const origin = server.url.origin;
      const { body } = await agent.request({ origin, path, method: 'GET', headers: headersOf(server, accept) });
      for await (const chunk of body as AsyncIterable<Buffer>) if (onChunk(chunk)) return;
    },
    close: () => agent.destroy(),
  };
}

function fetching(server: Server): Client {
  const dispatcher = new UndiciAgent({ bodyTimeout: 0, connect: { ca: server.ca } });
  return {
    read: async ({ path, accept }, onChunk) => {
      const answer = await undiciFetch(new URL(path, server.url), { dispatcher, headers: headersOf(server, accept) });
      for await (const chunk of answer.body ?? []) if (onChunk(Buffer.from(chunk as Uint8Array))) return;
    },
    close: () => dispatcher.destroy(),
  };
}
