/**
 * An ApiTransport that can be closed like a door: then streams that are open or still opening break, what is under way
 * fails, and what is begun fails at once.
 */
import type { ApiRequest, ApiResponse, ApiStream, ApiTransport } from '../../internal/kubernetes/transport.ts';
import type { RequestOptions, StreamOptions } from '../../internal/kubernetes/transport.ts';
import { CodedError } from '../../internal/platform/errors.ts';

export class GatedTransport {
  readonly #transport: ApiTransport;
  readonly #streams = new Set<ApiStream>();
  #isClosed = false;
  /** How often it was shut: what began before and ended after belongs to the side that was cut off. */
  #shut = 0;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  shut(): void {
    this.#isClosed = true;
    this.#shut += 1;
    for (const stream of this.#streams) stream.destroy(closed());
    this.#streams.clear();
  }

  open(): void {
    this.#isClosed = false;
  }

  async request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    const passes = this.#enter();
    const response = await this.#transport.request(request, options);
    if (!passes()) throw closed();
    return response;
  }

  async stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const passes = this.#enter();
    const stream = await this.#transport.stream(request, options);
    if (!passes()) {
      stream.destroy(closed());
      throw closed();
    }
    this.#streams.add(stream);
    return stream;
  }

  #enter(): () => boolean {
    if (this.#isClosed) throw closed();
    const shut = this.#shut;
    return () => this.#shut === shut;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

function closed(): CodedError {
  return new CodedError('API_UNREACHABLE', 'the door is closed');
}
