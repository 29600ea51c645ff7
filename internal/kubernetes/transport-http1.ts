/**
 * ApiTransport over HTTP/1.1: one connection for each request under way, kept for the next one. A watch holds its
 * connection alone, so its back-pressure is that of TCP and a slow reader stops nobody else.
 *
 * Node's own client on sockets of transport-dial.ts. A request on a kept connection which the server had just closed is
 * sent once more on a new one, if it is a GET and no byte of an answer had come: that is a race of HTTP/1.1, not a fault.
 */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { withDeadline, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Dial } from './transport-dial.ts';
import { asError, transportError } from './transport-errors.ts';
import { targetOf, type ApiRequest, type ApiResponse, type ApiStream, type ApiTransport } from './transport.ts';
import type { RequestOptions, StreamOptions } from './transport.ts';

export interface Http1Options {
  /** Where requests go, for the Host header, a path prefix and error messages. */
  readonly server: URL;
  readonly dial: Dial;
  readonly clock: Clock;
  readonly userAgent: string;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** Connections nobody uses: few, and let go before a load balancer would (most wait a minute or more). */
const IDLE_SOCKETS = 4;
const IDLE_SOCKET_MS = 45_000;

export class Http1Transport implements ApiTransport {
  readonly #options: Http1Options;
  readonly #closing = new AbortController();
  readonly #agent: DialingAgent;

  constructor(options: Http1Options) {
    this.#options = options;
    this.#agent = new DialingAgent(options.dial, this.#closing.signal);
  }

  async request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    const deadline = withDeadline(this.#options.clock, options.timeoutMs, options.signal);
    try {
      const message = await this.#send(request, deadline.signal);
      return await readWhole(message, deadline.signal, options.maxBytes ?? MAX_BYTES, this.#doing(request));
    } catch (error) {
      throw this.#explain(error, request, options.signal, deadline.signal);
    } finally {
      deadline.done();
    }
  }

  async stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const deadline = withDeadline(this.#options.clock, options.headersTimeoutMs, options.signal);
    try {
      const message = await this.#send(request, deadline.signal);
      const explain = (error: unknown): unknown => this.#explain(error, request, options.signal);
      return new Http1Stream(message, explain, options.signal);
    } catch (error) {
      throw this.#explain(error, request, options.signal, deadline.signal);
    } finally {
      deadline.done();
    }
  }

  close(): Promise<void> {
    this.#closing.abort(new CodedError('API_UNREACHABLE', 'the connection has been closed by the agent itself'));
    this.#agent.destroy();
    return Promise.resolve();
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    try {
      return await this.#sendOnce(request, signal).answer;
    } catch (error) {
      if (!(error instanceof StaleConnection) || request.method !== 'GET' || signal.aborted) throw error;
      return await this.#sendOnce(request, signal).answer;
    }
  }

  #sendOnce(request: ApiRequest, signal: AbortSignal): { answer: Promise<IncomingMessage> } {
    const { server, userAgent } = this.#options;
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const sent = httpRequest({
      agent: this.#agent,
      method: request.method,
      path: server.pathname.replace(/\/$/, '') + targetOf(request),
      setHost: false,
      headers: {
        host: server.host,
        'user-agent': userAgent,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
        ...request.headers,
      },
    });
    sent.end(body);
    return { answer: headersOf(sent, signal, this.#closing.signal) };
  }

  #doing(request: ApiRequest): string {
    return `${request.method} ${request.path} at ${this.#options.server.origin}`;
  }

  #explain(error: unknown, request: ApiRequest, caller?: AbortSignal, deadline?: AbortSignal): unknown {
    if (caller?.aborted) return asError(caller.reason);
    if (this.#closing.signal.aborted) return this.#closing.signal.reason;
    if (deadline?.aborted) {
      this.#agent.dropIdle();
      return new CodedError('API_TIMEOUT', `${this.#doing(request)}: ${asError(deadline.reason).message}`, {
        cause: error,
      });
    }
    return transportError(error instanceof StaleConnection ? error.cause : error, this.#doing(request));
  }
}

/** The server closed a kept connection before it saw the request. */
class StaleConnection extends Error {}

/** An agent of Node whose sockets come from our dialer, TLS and proxy included. */
class DialingAgent extends Agent {
  readonly #dial: Dial;
  readonly #closing: AbortSignal;

  constructor(dial: Dial, closing: AbortSignal) {
    super({ keepAlive: true, maxFreeSockets: IDLE_SOCKETS, scheduling: 'lifo', timeout: IDLE_SOCKET_MS });
    this.#dial = dial;
    this.#closing = closing;
  }

  /** An answer that never came may be a path that is gone, and the idle connections with it: the next request dials. */
  dropIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }

  override createConnection(_options: unknown, done?: (error: Error | null, socket: Duplex) => void): undefined {
    this.#dial(this.#closing).then(
      (socket) => done?.(null, socket),
      (error: unknown) => done?.(asError(error), undefined as unknown as Duplex),
    );
  }
}

function headersOf(sent: ClientRequest, signal: AbortSignal, closing: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      const reason = asError(signal.aborted ? signal.reason : closing.reason);
      sent.destroy(reason);
      // A request without a socket tells of its end only once the dial is over, which takes far longer than a deadline.
      settle();
      reject(reason);
    };
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      closing.removeEventListener('abort', abort);
    };
    sent.once('response', (message) => {
      settle();
      resolve(message);
    });
    sent.on('error', (error) => {
      settle();
      reject(sent.reusedSocket && isHangUp(error) ? new StaleConnection('stale', { cause: error }) : error);
    });
    signal.addEventListener('abort', abort, { once: true });
    closing.addEventListener('abort', abort, { once: true });
  });
}

function isHangUp(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

async function readWhole(
  message: IncomingMessage,
  signal: AbortSignal,
  maxBytes: number,
  doing: string,
): Promise<ApiResponse> {
  const abort = (): void => void message.destroy(asError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  try {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new CodedError('API_ANSWER_TOO_LARGE', `${doing}: more than ${maxBytes} bytes`);
      parts.push(chunk);
    }
    return { status: message.statusCode ?? 0, headers: headersIn(message), body: Buffer.concat(parts, size) };
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class Http1Stream implements ApiStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: AsyncIterable<Buffer>;
  readonly #message: IncomingMessage;
  #reason: Error | undefined;

  constructor(message: IncomingMessage, explain: (error: unknown) => unknown, signal?: AbortSignal) {
    this.#message = message;
    this.status = message.statusCode ?? 0;
    this.headers = headersIn(message);
    this.chunks = this.#read(explain);
    // Until somebody iterates, an error would have no listener and end the process.
    message.on('error', () => undefined);
    const abort = (): void => this.destroy(asError(signal?.reason));
    signal?.addEventListener('abort', abort, { once: true });
    message.once('close', () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
  }

  destroy(reason?: Error): void {
    this.#reason ??= reason ?? new DOMException('the stream has been destroyed', 'AbortError');
    this.#message.destroy();
  }

  #throwIfDestroyed(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  async *#read(explain: (error: unknown) => unknown): AsyncGenerator<Buffer, void, undefined> {
    try {
      this.#throwIfDestroyed();
      for await (const chunk of this.#message as AsyncIterable<Buffer>) {
        yield chunk;
        this.#throwIfDestroyed();
      }
    } catch (error) {
      throw this.#reason ?? explain(error);
    }
  }
}

function headersIn(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
