/**
 * ApiTransport: the only face of the API server that the reflector, the Lease and the access reviews see. Requests with
 * a bounded answer, and streams that never end by themselves.
 *
 * Promises: every status is an answer (4xx and 5xx resolve; transport-status.ts turns them into coded errors); what
 * rejects is a CodedError: the server was not reached, TLS failed, no credentials, or the caller's signal was aborted
 * (then the signal's own reason is thrown). Streams honour back-pressure: what isn't taken isn't read. Does not
 * promise: retries. Who asks knows whether asking twice is safe.
 */

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path below the server's address, already escaped, such as `/api/v1/pods`. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Lower-case names. `accept` and `content-type` default to JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** An answer read whole. */
export interface ApiResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** To the last byte of the answer, from when our own rate limit lets it go. Past it: API_TIMEOUT. */
  readonly timeoutMs: number;
  /** Most of the body that is read, 64 MiB by default. Past it: API_ANSWER_TOO_LARGE. */
  readonly maxBytes?: number;
}

/** An answer whose body arrives as it comes: a watch, or an error whose body is soon over. */
export interface ApiStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Bytes as the network cut them. Can be iterated once. Ends when the server ends it properly; throws a CodedError
   * (API_UNREACHABLE) when the connection breaks, the signal's reason when aborted, destroy's reason when destroyed.
   * Leaving the loop early destroys the stream.
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** Ends it now, at whatever point it is. Twice is harmless. */
  destroy(reason?: Error): void;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** To the answer's headers, from when our own rate limit lets it go. After that the caller watches over it. */
  readonly headersTimeoutMs: number;
}

export interface ApiTransport {
  request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse>;
  stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream>;
  /** Ends what is running and lets go of every socket. Later calls reject with API_UNREACHABLE. */
  close(): Promise<void>;
}

/** `/api/v1/pods?limit=500`: the request's target, with the query that is left after dropping what is undefined. */
export function targetOf(request: ApiRequest): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? request.path : `${request.path}?${query.toString()}`;
}
