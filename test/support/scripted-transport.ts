/**
 * An ApiTransport that a test plays by hand: every request waits until the test answers it, every stream brings what the
 * test pushes. Fake as it is, it keeps what ApiTransport promises: abort throws the signal's reason, one iteration.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import type { ApiRequest, ApiStream, ApiTransport, StreamOptions } from '../../internal/kubernetes/transport.ts';
import { CodedError } from '../../internal/platform/errors.ts';

/** One request as the test sees it. */
export class ScriptedCall {
  readonly request: ApiRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #answer = Promise.withResolvers<ApiStream>();
  readonly #chunks: (Buffer | Error | 'end')[] = [];
  #wake: () => void = () => undefined;

  constructor(request: ApiRequest, options: StreamOptions) {
    this.request = request;
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', () => {
      this.#answer.reject(this.#signal?.reason as Error);
      this.#wake();
    });
  }

  get isCut(): boolean {
    return this.#signal?.aborted === true;
  }

  query(name: string): string | undefined {
    const value = this.request.query?.[name];
    return value === undefined ? undefined : String(value);
  }

  answered(): Promise<ApiStream> {
    return this.#answer.promise;
  }

  /** Begins the answer. */
  open(status = 200, headers: Record<string, string> = { 'content-type': 'application/json' }): this {
    this.#answer.resolve({
      status,
      headers,
      chunks: this.#iterate(),
      destroy: () => undefined,
    });
    return this;
  }

  push(...chunks: (string | Buffer)[]): this {
    for (const chunk of chunks) this.#chunks.push(Buffer.from(chunk as string));
    this.#wake();
    return this;
  }

  /** One watch event as a line of JSON. */
  event(type: string, object: unknown): this {
    return this.push(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(resourceVersion: string, endsInitialEvents = false): this {
    const annotations = endsInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : {};
    return this.event('BOOKMARK', { metadata: { resourceVersion, annotations } });
  }

  end(): this {
    this.#chunks.push('end');
    this.#wake();
    return this;
  }

  /** Breaks the connection. */
  reset(): this {
    const error = new CodedError('API_UNREACHABLE', 'connection reset');
    this.#chunks.push(error);
    this.#answer.reject(error);
    this.#wake();
    return this;
  }

  /** A whole answer. */
  reply(body: unknown, status = 200, headers: Record<string, string> = {}): this {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.open(status, { 'content-type': 'application/json', ...headers })
      .push(text)
      .end();
  }

  /** A Status object. */
  refuse(status: number, headers: Record<string, string> = {}, message = 'no'): this {
    return this.reply({ kind: 'Status', code: status, message }, status, headers);
  }

  async *#iterate(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = this.#chunks.shift();
      if (this.#signal?.aborted === true) throw this.#signal.reason as Error;
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

export class ScriptedTransport implements ApiTransport {
  readonly calls: ScriptedCall[] = [];
  readonly #events = new EventEmitter();
  #taken = 0;

  stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const call = new ScriptedCall(request, options);
    this.calls.push(call);
    this.#events.emit('call');
    return call.answered();
  }

  request(): Promise<never> {
    return Promise.reject(new Error('only streams are scripted'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The next request, waited for. */
  async next(): Promise<ScriptedCall> {
    while (this.calls.length <= this.#taken) await once(this.#events, 'call');
    const call = this.calls[this.#taken++];
    assert.ok(call);
    return call;
  }

  /** Requests made that `next` has not returned yet. */
  get untaken(): number {
    return this.calls.length - this.#taken;
  }
}
