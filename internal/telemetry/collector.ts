/**
 * The way to a collector for one signal: an HTTP agent of its own whose connections can be cut, and the head of what the
 * collector answered last, which the exporters don't tell. An answer that trickles is cut like one that doesn't come.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent as HttpAgent, type AgentOptions, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { CollectorAnswer } from './export-outcome.ts';

export interface CollectorOptions {
  readonly url: string;
  /** Judges addresses at the moment of connecting. */
  readonly lookup: LookupFunction;
  /** URL of the proxy to go through. */
  readonly proxy: string | undefined;
}

/** One export at a time, and the last one beside one that is being cut. */
export const MOST_IN_FLIGHT = 2;

/** Node's own channels: told of each request that any HTTP client of the process makes, and of each answer it gets. */
const REQUESTS = 'http.client.request.created';
const ANSWERS = 'http.client.response.finish';

export class Collector {
  readonly agent: HttpAgent;
  #answer: CollectorAnswer | undefined;

  constructor({ url, lookup, proxy }: CollectorOptions) {
    const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    const options = { keepAlive: true, maxSockets: MOST_IN_FLIGHT, lookup, ...proxyEnv } as AgentOptions;
    this.agent = url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
    subscribe(REQUESTS, this.#made);
    subscribe(ANSWERS, this.#heard);
  }

  /** The last one since `begin`. */
  get answer(): CollectorAnswer | undefined {
    return this.#answer;
  }

  begin(): void {
    this.#answer = undefined;
  }

  /** Ends what is under way; the next export connects anew. */
  cut(): void {
    this.agent.destroy();
  }

  close(): void {
    unsubscribe(REQUESTS, this.#made);
    unsubscribe(ANSWERS, this.#heard);
    this.cut();
  }

  /**
   * An exporter whose time is over by a millisecond when it tries again, as `Retry-After: 0` makes it, leaves a request behind to
   * whose error nobody listens: that would end the process (measured with otlp-exporter-base 0.301).
   */
  readonly #made = (message: unknown): void => {
    const { request } = message as { request: ClientRequest & { agent?: unknown } };
    if (request.agent === this.agent) request.on('error', () => undefined);
  };

  readonly #heard = (message: unknown): void => {
    const { request, response } = message as { request: { agent?: unknown }; response: IncomingMessage };
    if (request.agent !== this.agent) return;
    this.#answer = { status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '' };
  };
}
