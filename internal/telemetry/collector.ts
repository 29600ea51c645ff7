/**
 * The way to a collector for one signal: an HTTP agent of its own whose connections can be cut, and the head of what the
 * collector answered last, which the exporters don't tell. An answer that trickles is cut like one that doesn't come.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent as HttpAgent, type AgentOptions, type IncomingMessage } from 'node:http';
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

/** Node's own channel: told with each answer that any HTTP client of the process gets. */
const ANSWERS = 'http.client.response.finish';

export class Collector {
  readonly agent: HttpAgent;
  #answer: CollectorAnswer | undefined;

  constructor({ url, lookup, proxy }: CollectorOptions) {
    const proxyEnv = proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
    const options = { keepAlive: true, maxSockets: MOST_IN_FLIGHT, lookup, ...proxyEnv } as AgentOptions;
    this.agent = url.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
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
    unsubscribe(ANSWERS, this.#heard);
    this.cut();
  }

  readonly #heard = (message: unknown): void => {
    const { request, response } = message as { request: { agent?: unknown }; response: IncomingMessage };
    if (request.agent !== this.agent) return;
    this.#answer = { status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '' };
  };
}
