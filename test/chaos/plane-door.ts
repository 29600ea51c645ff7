/**
 * The way from one agent to the plane: an HTTP proxy before the ingress that sees every delivery, and can lose its answer
 * after the plane executed it, hold it back, slow it down, or cut the connection before anything happened.
 *
 * It asks `fate` for each request. An answer that was lost or held was executed: what the agent then does is the test.
 */
import { createHash } from 'node:crypto';
import { Agent, createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export type Fate =
  | { readonly kind: 'pass' }
  /** The connection is reset before the plane hears of the request. */
  | { readonly kind: 'cut-before' }
  /** The connection is reset while the request's body is on its way. */
  | { readonly kind: 'cut-within' }
  /** The connection is reset after the plane executed it, before one byte of the answer. */
  | { readonly kind: 'lose-answer' }
  /** The answer is reset half way. */
  | { readonly kind: 'cut-answer' }
  /** Executed, and never answered. */
  | { readonly kind: 'hold' }
  /** Answered so by something before the plane, which doesn't hear of it. */
  | { readonly kind: 'refuse'; readonly status: number }
  /** The plane hears of it so much later. */
  | { readonly kind: 'slow'; readonly ms: number };

/** A request as the proxy sees it. */
export interface Passing {
  readonly path: string;
  readonly isDelivery: boolean;
  readonly idempotencyKey: string;
  /** SHA-256 of the body. */
  readonly bodyHash: string;
  readonly atMs: number;
}

/** A delivery that the plane has answered, whatever became of the answer. */
export interface Executed extends Passing {
  readonly status: number;
  readonly fate: Fate['kind'];
  /** When the plane had answered; monotonic. */
  readonly executedAtMs: number;
}

export interface PlaneDoor extends AsyncDisposable {
  /** The agent's --restate-url. */
  readonly url: string;
  /** Decides about each request; everything passes while it is undefined. */
  decide: ((passing: Passing) => Fate) | undefined;
  /** Hears of each delivery that the plane executed. */
  onExecuted: ((executed: Executed) => void) | undefined;
  /** Hears of each request as it arrives. */
  onPassing: ((passing: Passing) => void) | undefined;
  /**
   * Resolves when the plane has accepted the next delivery, with the monotonic time. One that was on its way before
   * `sentSinceMs` does not count: its sender may be dead. Rejects after `withinMs`.
   */
  readonly nextAccepted: (withinMs?: number, sentSinceMs?: number) => Promise<number>;
  /** Deliveries the plane accepted so far. */
  readonly accepted: () => number;
  /** Resets every connection of the agent. */
  readonly cut: () => void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const PASS: Fate = { kind: 'pass' };

export async function openPlaneDoor(ingressUrl: string): Promise<PlaneDoor> {
  const target = new URL(ingressUrl);
  const upstream = new Agent({ keepAlive: true, maxSockets: 16 });
  const sockets = new Set<Socket>();
  const waiting = new Set<(atMs: number, sentAtMs: number) => void>();
  let accepted = 0;
  const server = createServer((message, response) => void serve(message, response).catch(() => reset(response)));
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const door: PlaneDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide: undefined,
    onExecuted: undefined,
    onPassing: undefined,
    nextAccepted: (withinMs = 120_000, sentSinceMs = -Infinity) =>
      new Promise((resolve, reject) => {
        const heard = (atMs: number, sentAtMs: number): void => {
          if (sentAtMs < sentSinceMs) return;
          clearTimeout(timer);
          waiting.delete(heard);
          resolve(atMs);
        };
        const timer = setTimeout(() => {
          waiting.delete(heard);
          reject(new Error(`the plane accepted no delivery within ${withinMs} ms`));
        }, withinMs);
        waiting.add(heard);
      }),
    accepted: () => accepted,
    cut: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    [Symbol.asyncDispose]: async () => {
      sockets.forEach((socket) => socket.destroy());
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(message);
    const passing = passingOf(message, body);
    door.onPassing?.(passing);
    const fate = door.decide?.(passing) ?? PASS;
    if (fate.kind === 'cut-before') {
      reset(response);
      return;
    }
    if (fate.kind === 'cut-within') {
      await forwardHalf(target, message, body);
      reset(response);
      return;
    }
    if (fate.kind === 'refuse') {
      response.writeHead(fate.status).end();
      return;
    }
    if (fate.kind === 'slow') await sleep(fate.ms);
    const answer = await forward(target, upstream, message, body);
    executed(passing, answer.status, fate.kind);
    pass(answer, fate, response);
  }

  function executed(passing: Passing, status: number, fate: Fate['kind']): void {
    if (!passing.isDelivery) return;
    const executedAtMs = performance.now();
    if (status < 300) {
      accepted += 1;
      for (const heard of [...waiting]) heard(executedAtMs, passing.atMs);
    }
    door.onExecuted?.({ ...passing, status, fate, executedAtMs });
  }
  return door;
}

function passingOf(message: IncomingMessage, body: Buffer): Passing {
  const path = message.url ?? '';
  const key = message.headers['idempotency-key'];
  return {
    path,
    isDelivery: /\/onPodEvents?$/.test(path),
    idempotencyKey: typeof key === 'string' ? key : '',
    bodyHash: createHash('sha256').update(body).digest('hex'),
    atMs: performance.now(),
  };
}

/** Sends it on; rejects where the ingress is away. */
function forward(target: URL, agent: Agent, message: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method = 'POST', url = '/', headers } = message;
  return new Promise((resolve, reject) => {
    const sent = ask(
      {
        host: target.hostname,
        port: target.port,
        method,
        path: url,
        headers: { ...headers, host: target.host },
        agent,
      },
      (answer) => {
        buffer(answer).then(
          (read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }),
          reject,
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Sends half of the body and resets the connection. */
function forwardHalf(target: URL, message: IncomingMessage, body: Buffer): Promise<void> {
  const { method = 'POST', url = '/', headers } = message;
  return new Promise((resolve) => {
    const options = { host: target.hostname, port: target.port, method, path: url, agent: false as const };
    const sent = ask({ ...options, headers: { ...headers, host: target.host } });
    sent.once('error', () => resolve());
    sent.once('close', () => resolve());
    sent.write(body.subarray(0, body.length >> 1), () => sent.socket?.resetAndDestroy());
  });
}

function pass({ status, headers, body }: Answer, fate: Fate, response: ServerResponse): void {
  switch (fate.kind) {
    case 'hold':
      return;
    case 'lose-answer':
      reset(response);
      return;
    case 'cut-answer':
      response.writeHead(status, { ...headers, 'content-length': body.length + 1 });
      response.write(body.subarray(0, body.length >> 1), () => reset(response));
      return;
    case 'pass':
    case 'slow':
    case 'cut-before':
    case 'cut-within':
    case 'refuse':
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
  }
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}
