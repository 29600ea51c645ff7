/**
 * Wraps a plain transport into one that is known to the server: adds the credentials of the moment, keeps to our own
 * rate limit, connects anew when TLS material has rotated, and answers a 401 by reading the credentials again at once
 * and asking once more. A second 401 is the answer.
 */
import { withDeadline, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { isSameTls, type Credentials, type CredentialSource } from './credentials.ts';
import type { RateLimit } from './rate-limit.ts';
import type { TlsMaterial } from './transport-dial.ts';
import { asError } from './transport-errors.ts';
import type { ApiRequest, ApiResponse, ApiStream, ApiTransport, RequestOptions, StreamOptions } from './transport.ts';

export interface AuthorizedOptions {
  readonly credentials: CredentialSource;
  /** A transport that connects with this TLS material. */
  readonly connect: (tls: TlsMaterial) => ApiTransport;
  readonly clock: Clock;
}

/** Holds the transport for the present TLS material and the one before it, whose streams may go on until the next change. */
export class AuthorizedConnection {
  readonly #options: AuthorizedOptions;
  #present: { readonly tls: TlsMaterial; readonly transport: ApiTransport } | undefined;
  #previous: ApiTransport | undefined;
  #isClosed = false;

  constructor(options: AuthorizedOptions) {
    this.#options = options;
  }

  /** An ApiTransport over this connection whose requests wait for `limit`. Its close() does nothing: close() here does. */
  limitedBy(limit: RateLimit): ApiTransport {
    return {
      request: async (request, options) => {
        await limit.take(options.signal);
        return await this.#request(request, options);
      },
      stream: async (request, options) => {
        await limit.take(options.signal);
        return await this.#stream(request, options);
      },
      close: () => Promise.resolve(),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#present?.transport.close(), this.#previous?.close()]);
  }

  async #request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    const untilMs = this.#options.clock.monotonicMs() + options.timeoutMs;
    const send = (credentials: Credentials): Promise<ApiResponse> => {
      const timeoutMs = untilMs - this.#options.clock.monotonicMs();
      return this.#transport(credentials).request(signed(request, credentials), { ...options, timeoutMs });
    };
    const wait = { timeoutMs: options.timeoutMs, signal: options.signal };
    const credentials = await this.#obtain(this.#options.credentials.current(), request, wait);
    const answer = await send(credentials);
    if (answer.status !== 401) return answer;
    const other = await this.#obtain(this.#options.credentials.refresh(credentials), request, wait);
    return other === undefined ? answer : await send(other);
  }

  async #stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const send = (credentials: Credentials): Promise<ApiStream> =>
      this.#transport(credentials).stream(signed(request, credentials), options);
    const wait = { timeoutMs: options.headersTimeoutMs, signal: options.signal };
    const credentials = await this.#obtain(this.#options.credentials.current(), request, wait);
    const answer = await send(credentials);
    if (answer.status !== 401) return answer;
    const other = await this.#obtain(this.#options.credentials.refresh(credentials), request, wait);
    if (other === undefined) return answer;
    answer.destroy();
    return await send(other);
  }

  /** Waits for credentials no longer than the caller would for the answer: an exec plugin may hang. */
  async #obtain<T>(work: Promise<T>, request: ApiRequest, wait: Wait): Promise<T> {
    const deadline = withDeadline(this.#options.clock, wait.timeoutMs, wait.signal);
    try {
      return await abortable(work, deadline.signal);
    } catch (error) {
      if (!deadline.signal.aborted) throw error;
      wait.signal?.throwIfAborted();
      throw new CodedError('API_TIMEOUT', `${request.method} ${request.path}: no credentials in time`, {
        cause: error,
      });
    } finally {
      deadline.done();
    }
  }

  #transport(credentials: Credentials): ApiTransport {
    if (this.#present !== undefined && isSameTls(this.#present.tls, credentials.tls)) return this.#present.transport;
    const transport = this.#options.connect(credentials.tls);
    void this.#previous?.close();
    this.#previous = this.#present?.transport;
    this.#present = { tls: credentials.tls, transport };
    if (this.#isClosed) void transport.close();
    return transport;
  }
}

interface Wait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

function signed(request: ApiRequest, credentials: Credentials): ApiRequest {
  return { ...request, headers: { ...request.headers, ...credentials.headers } };
}

/** What `work` comes to, or the signal's reason as soon as it is aborted; `work` itself goes on. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(asError(signal.reason));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
