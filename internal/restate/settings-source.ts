/**
 * The two places remote settings come from: the plane's ConfigService, and the URL of --remote-config-url.
 *
 * The URL is anybody's, so it gets none of the plane's credentials, a connection of its own for each fetch, and the same
 * limits: no redirect, at most ANSWER_BYTES, one deadline. Which hosts may be called is the lookup's (platform/url-guard).
 */
import type { LookupFunction } from 'node:net';
import { Client } from 'undici';
import type { Clock } from '../platform/clock.ts';
import { secretsOf, withoutSecrets } from './answer-secrets.ts';
import { exchange, type Exchange } from './exchange.ts';
import type { PlaneClient } from './plane-client.ts';

export type FetchSettings = (signal: AbortSignal) => Promise<Exchange>;

/** GET ConfigService/{cluster_id}/Get. */
export function settingsFromPlane(client: PlaneClient, clusterId: string): FetchSettings {
  return (signal) => client.call({ target: ['ConfigService', clusterId, 'Get'] }, signal);
}

export interface UrlSourceOptions {
  /** Checked before (platform/url-guard). */
  readonly url: URL;
  readonly agentVersion: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly lookup?: LookupFunction;
}

/** GET of --remote-config-url. */
export function settingsFromUrl({ url, agentVersion, timeoutMs, clock, lookup }: UrlSourceOptions): FetchSettings {
  return async (signal) => {
    const connect = { timeout: timeoutMs, ...(lookup === undefined ? {} : { lookup }) };
    const client = new Client(url.origin, { connect });
    const headers = { accept: 'application/json', 'user-agent': `watcher/${agentVersion}` };
    const call = { method: 'GET', path: url.pathname + url.search, headers, body: undefined } as const;
    try {
      const answer = await exchange(client, url.origin, call, { clock, deadlineMs: timeoutMs, signal });
      return withoutSecrets(answer, secretsOf(url));
    } finally {
      await client.destroy();
    }
  };
}
