/**
 * The log of requests, in order of arrival, and promises of those to come: a test waits for what the client does
 * instead of sleeping. Bounded: the oldest entries go first.
 */

export interface RequestRecord {
  /** 1 for the first request of this server. */
  readonly number: number;
  readonly atMs: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** '' for paths that are no resource. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** '' where the credentials were wrong. */
  readonly user: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly userAgent: string;
  readonly httpVersion: string;
}

/** Everything given must hold; nothing given matches every request. */
export interface RequestMatcher {
  readonly method?: string;
  readonly verb?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly user?: string;
  readonly path?: string | RegExp;
  readonly where?: (request: RequestRecord) => boolean;
}

const names = ['method', 'verb', 'resource', 'namespace', 'name', 'user'] as const;

export function requestMatches(matcher: RequestMatcher, request: RequestRecord): boolean {
  if (names.some((name) => matcher[name] !== undefined && matcher[name] !== request[name])) return false;
  if (typeof matcher.path === 'string' && matcher.path !== request.path) return false;
  if (matcher.path instanceof RegExp && !matcher.path.test(request.path)) return false;
  return matcher.where?.(request) ?? true;
}

const KEPT = 10_000;

export class RequestLog {
  readonly #records: RequestRecord[] = [];
  readonly #waiting = new Set<(request: RequestRecord) => void>();
  #count = 0;

  /** All requests so far, also those no longer kept. */
  get count(): number {
    return this.#count;
  }

  add(record: Omit<RequestRecord, 'number'>): RequestRecord {
    this.#count += 1;
    const complete = { number: this.#count, ...record };
    this.#records.push(complete);
    if (this.#records.length > KEPT * 1.25) this.#records.splice(0, this.#records.length - KEPT);
    for (const tell of [...this.#waiting]) tell(complete);
    return complete;
  }

  all(matcher: RequestMatcher = {}): RequestRecord[] {
    return this.#records.filter((record) => requestMatches(matcher, record));
  }

  /** The next matching request that arrives after this call. */
  next(matcher: RequestMatcher = {}): Promise<RequestRecord> {
    return new Promise((resolve) => {
      const tell = (request: RequestRecord): void => {
        if (!requestMatches(matcher, request)) return;
        this.#waiting.delete(tell);
        resolve(request);
      };
      this.#waiting.add(tell);
    });
  }

  /** Resolves once `count` matching requests have arrived, those before this call included. */
  async reached(count: number, matcher: RequestMatcher = {}): Promise<RequestRecord[]> {
    for (let seen = this.all(matcher); ; seen = this.all(matcher)) {
      if (seen.length >= count) return seen;
      await this.next(matcher);
    }
  }
}
