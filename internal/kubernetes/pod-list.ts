/**
 * One look at the pods of a cluster, page by page: for who wants to see them once and not to watch. A page that comes
 * too late (410, the continue token has expired) begins the list anew; a pod is handed on once.
 *
 * Promises: every pod that is there throughout is handed on; of a pod there is nothing to say about, as little is read
 * as in a watch. Rejects with a coded error that names verb, resource and namespace; nothing is tried again but what
 * expired.
 */
import type { PodFacts } from '../pipeline/pod-facts.ts';
import type { PodReading } from './pod-reading.ts';
import { classify } from './reflector-failure.ts';
import { defaultReflectorLimits, pageReader, pageRequest, refusalOf } from './reflector-requests.ts';
import type { Selectors } from './reflector-types.ts';
import type { Resource, WireFormat } from './resource.ts';
import { podResource } from './resource-pods.ts';
import type { ListMeta } from './list-page.ts';
import type { ApiTransport } from './transport.ts';

export interface PodListOptions {
  readonly transport: ApiTransport;
  /** '' for all. */
  readonly namespace: string;
  readonly selectors?: Selectors;
  readonly signal: AbortSignal;
  /** From a request to its headers. Default 30 s. */
  readonly headersTimeoutMs?: number;
  /** Called after each page with the number of pods seen so far. */
  readonly onProgress?: (seen: number) => void;
}

/** How often a list that expired on the way is begun anew. */
const ATTEMPTS = 3;

/** Calls `onPod` with the facts of each pod there may be something to say about. Resolves with how many pods there are. */
export async function listPods(options: PodListOptions, onPod: (pod: PodFacts) => void): Promise<number> {
  const listing = new Listing(options, onPod);
  for (let attempt = 1; ; attempt++) {
    try {
      await listing.run();
      return listing.seen;
    } catch (error) {
      const { kind } = classify(error);
      if (kind === 'unacceptable' && listing.format === 'protobuf') listing.format = 'json';
      else if (kind !== 'expired' || attempt >= ATTEMPTS) throw error;
    }
  }
}

class Listing {
  format: WireFormat = 'protobuf';
  readonly #options: PodListOptions;
  readonly #onPod: (pod: PodFacts) => void;
  readonly #resource: Resource<PodReading>;
  readonly #uids = new Set<string>();

  constructor(options: PodListOptions, onPod: (pod: PodFacts) => void) {
    this.#options = options;
    this.#onPod = onPod;
    this.#resource = podResource({ get: () => undefined }, options.namespace);
  }

  get seen(): number {
    return this.#uids.size;
  }

  async run(): Promise<void> {
    let continueToken = '';
    do {
      ({ continueToken } = await this.#page(continueToken));
      this.#options.onProgress?.(this.seen);
    } while (continueToken !== '');
  }

  async #page(continueToken: string): Promise<ListMeta> {
    const { transport, signal, selectors = {}, headersTimeoutMs = 30_000 } = this.#options;
    const page = { limit: defaultReflectorLimits.pageItems, continueToken };
    const request = pageRequest(this.#resource, this.format, selectors, page);
    const stream = await transport.stream(request, { signal, headersTimeoutMs });
    if (stream.status !== 200) throw await refusalOf(this.#resource, 'list', stream);
    const reader = pageReader(this.#resource, stream, (pod) => this.#take(pod), defaultReflectorLimits);
    for await (const chunk of stream.chunks) reader.push(chunk);
    return reader.end();
  }

  #take({ uid, facts }: PodReading): void {
    if (this.#uids.has(uid)) return;
    this.#uids.add(uid);
    if (facts !== undefined) this.#onPod(facts);
  }
}
