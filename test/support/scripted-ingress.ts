// An HTTP server that behaves like the ingress of Restate 1.7 towards the probe, until a test tells it to misbehave.
//
// Its normal behaviour (restate-like.ts) passes the contract cases of the real server. A script names what the next
// requests meet instead: a fault of the server, of a proxy, or of the network. Each is used up by one request; a fault
// may also be set for all requests until it is taken back. All sockets are closed by stop().
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestateLike, type LikeAnswer, type LikeRequest } from './restate-like.ts';

/** What a request meets instead of the normal behaviour. */
export type Fault =
  /** This answer; the request is not executed. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Not one byte, for ever. */
  | { readonly kind: 'hang' }
  /** Headers of a success, then nothing. */
  | { readonly kind: 'hang-in-body' }
  /** One byte of the body at a time. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** A success with a body without end. */
  | { readonly kind: 'flood' }
  /** The connection is cut before anything happened. */
  | { readonly kind: 'reset' }
  /** The connection is cut after the request was executed, before its answer. */
  | { readonly kind: 'lose-answer' }
  /** The connection is cut while the body is written; only who asks before sending it (Expect) is told 413. */
  | { readonly kind: 'refuse-body' }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'garbage' }
  /** The normal behaviour after so many Ms. */
  | { readonly kind: 'delay'; readonly ms: number };

export interface ScriptedIngress {
  readonly url: string;
  /** All requests so far, also those that met a fault. */
  readonly requests: readonly LikeRequest[];
  /** What was executed: service, key, handler and body of each, once. */
  readonly executed: RestateLike['executed'];
  /** Connections open now. */
  readonly openSockets: () => number;
  /** Most connections that were ever open at once. */
  readonly mostSockets: () => number;
  /** Bytes written by floods. */
  readonly bytesFlooded: () => number;
  /** The next requests meet these, one each. */
  readonly next: (...faults: readonly Fault[]) => void;
  /** Every request meets this until it is undefined again. */
  readonly always: (fault: Fault | undefined) => void;
  /** Every request that holds these words meets this, as at a firewall on the way, until it is undefined again. */
  readonly onWords: (words: string, fault: Fault | undefined) => void;
  readonly stop: () => Promise<void>;
}

export async function startScriptedIngress(
  options: { readonly bodyLimitBytes?: number } = {},
): Promise<ScriptedIngress> {
  const restate = new RestateLike(options.bodyLimitBytes);
  const requests: LikeRequest[] = [];
  const sockets = new Set<Socket>();
  const stopping = new AbortController();
  let script: Fault[] = [];
  let standing: Fault | undefined;
  const ofWords = new Map<string, Fault>();
  let mostSockets = 0;
  let flooded = 0;

  const server = createServer((message, response) => {
    response.on('error', () => undefined);
    void serve(message, response).catch(() => response.destroy());
  });
  server.on('checkContinue', (message, response) => {
    requests.push({
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body: Buffer.alloc(0),
    });
    if (standing?.kind === 'refuse-body') write(response, { status: 413, headers: {}, body: '' });
    else response.writeContinue();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    mostSockets = Math.max(mostSockets, sockets.size);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = script.shift() ?? standing;
    if (fault?.kind === 'refuse-body') {
      message.socket.resetAndDestroy();
      return;
    }
    const request = await readRequest(message);
    requests.push(request);
    const met = fault ?? faultOfWords(request);
    if (met === undefined) {
      write(response, await restate.handle(request));
      return;
    }
    return meet(met, request, response);
  }

  function faultOfWords({ body }: LikeRequest): Fault | undefined {
    for (const [words, fault] of ofWords) if (body.includes(words)) return fault;
    return undefined;
  }

  async function meet(fault: Fault, request: LikeRequest, response: ServerResponse): Promise<void> {
    switch (fault.kind) {
      case 'answer': {
        write(response, { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' });
        return;
      }
      case 'hang':
        return;
      case 'hang-in-body':
        response.writeHead(200, { 'content-type': 'application/json', 'x-restate-id': 'inv_1' }).flushHeaders();
        return;
      case 'drip':
        return drip(response, fault.everyMs);
      case 'flood':
        return flood(response);
      case 'reset':
      case 'refuse-body':
        return void response.socket?.resetAndDestroy();
      case 'lose-answer':
        await restate.handle(request);
        return void response.socket?.resetAndDestroy();
      case 'garbage':
        return void response.socket?.end('\u0000\u0001 this is no HTTP\r\n\r\n');
      case 'delay':
        await sleep(fault.ms, undefined, { signal: stopping.signal });
        {
          write(response, await restate.handle(request));
          return;
        }
    }
  }

  async function drip(response: ServerResponse, everyMs: number): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    while (response.socket?.destroyed === false) {
      response.write(' ');
      await sleep(everyMs, undefined, { signal: stopping.signal });
    }
  }

  async function flood(response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(2 ** 30) });
    const piece = Buffer.alloc(64 * 1024, ' ');
    const closed = new Promise((resolve) => response.once('close', resolve));
    while (response.socket?.destroyed === false) {
      flooded += piece.length;
      if (!response.write(piece)) {
        await Promise.race([new Promise((resolve) => response.once('drain', resolve)), closed]);
      }
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    executed: restate.executed,
    openSockets: () => sockets.size,
    mostSockets: () => mostSockets,
    bytesFlooded: () => flooded,
    next: (...faults) => (script = [...script, ...faults]),
    always: (fault) => (standing = fault),
    onWords: (words, fault) => {
      if (fault === undefined) ofWords.delete(words);
      else ofWords.set(words, fault);
    },
    stop: () => {
      stopping.abort();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readRequest(message: IncomingMessage): Promise<LikeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: message.headers,
    body: Buffer.concat(chunks),
  };
}

function write(response: ServerResponse, { status, headers, body }: LikeAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
