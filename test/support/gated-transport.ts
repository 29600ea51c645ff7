/**
 * An ApiTransport that can be closed like a door: then streams that are open break, and new ones fail at once.
 */
import type { ApiRequest, ApiResponse, ApiStream, ApiTransport } from '../../internal/kubernetes/transport.ts';
import type { RequestOptions, StreamOptions } from '../../internal/kubernetes/transport.ts';
import { CodedError } from '../../internal/platform/errors.ts';

export class GatedTransport {
  readonly #transport: ApiTransport;
  readonly #streams = new Set<ApiStream>();
  #isClosed = false;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  shut(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.destroy(closed());
    this.#streams.clear();
  }

  open(): void {
    this.#isClosed = false;
  }

  request(request: ApiRequest, options: RequestOptions): Promise<ApiResponse> {
    return this.#isClosed ? Promise.reject(closed()) : this.#transport.request(request, options);
  }

  async stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    if (this.#isClosed) throw closed();
    const stream = await this.#transport.stream(request, options);
    this.#streams.add(stream);
    return stream;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

function closed(): CodedError {
  return new CodedError('API_UNREACHABLE', 'the door is closed');
}
