/**
 * One Lease in memory behind the ApiTransport face, with the API server's rules for it (resourceVersion, 404, 409), for
 * tests of leader election on a manual clock. Integration tests run the same promises on the real API server.
 */
import type { ApiRequest, ApiResponse, ApiTransport, RequestOptions } from '../../internal/kubernetes/transport.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { sleep } from '../../internal/platform/clock.ts';

export interface StoredLease {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `hang`: no answer, nothing done. `lose-answer`: done, but no answer comes. A number: that status, nothing done. */
export type LeaseFault = 'hang' | 'lose-answer' | number;

export class MemoryLease {
  lease: StoredLease | undefined;
  /** Applies to every request of the transport that passes `who`, until set back. */
  readonly faults = new Map<string, LeaseFault>();
  readonly requests: string[] = [];
  #version = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get holder(): unknown {
    return this.lease?.spec['holderIdentity'];
  }

  /** As `kubectl edit` would. */
  edit(spec: Record<string, unknown>): void {
    this.#store({ metadata: this.lease?.metadata ?? {}, spec: { ...this.lease?.spec, ...spec } });
  }

  transportOf(who: string): ApiTransport {
    return {
      request: (request, options) => this.#answer(who, request, options),
      stream: () => Promise.reject(new Error('no streams here')),
      close: () => Promise.resolve(),
    };
  }

  async #answer(who: string, request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    this.requests.push(`${who} ${request.method}`);
    const fault = this.faults.get(who);
    if (typeof fault === 'number') return respond(fault, { kind: 'Status', message: 'as the test wants' });
    const answer = fault === 'hang' ? undefined : this.#apply(request);
    if (fault === undefined && answer !== undefined) return Promise.resolve(answer);
    await sleep(this.#clock, options.timeoutMs, options.signal);
    options.signal?.throwIfAborted();
    throw new Error(`no answer within ${options.timeoutMs} ms`);
  }

  #apply(request: ApiRequest): ApiResponse {
    const sent = request.body as StoredLease | undefined;
    switch (request.method) {
      case 'GET':
        return this.lease === undefined ? respond(404, {}) : respond(200, this.lease);
      case 'POST':
        return this.lease === undefined && sent !== undefined ? this.#store(sent, 201) : respond(409, {});
      case 'PUT':
        if (this.lease === undefined || sent === undefined) return respond(404, {});
        return sent.metadata['resourceVersion'] === this.lease.metadata['resourceVersion']
          ? this.#store(sent)
          : respond(409, {});
      default:
        return respond(405, {});
    }
  }

  #store(lease: StoredLease, status = 200): ApiResponse {
    this.#version += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } };
    return respond(status, this.lease);
  }
}

function respond(status: number, body: unknown): ApiResponse {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
}
