/**
 * Whoever refuses a request may show it: frameworks repeat the URL, proxies in debug mode the headers. What is said of such
 * an answer goes into the log and on the status page, so our own credentials are taken out of it first, by their value.
 * An answer that is no error is data, and left as it is.
 */
import { REDACTED } from '../platform/secret.ts';
import type { Exchange } from './exchange.ts';

/** The answer with each of `secrets` blackened, if it is an error. */
export function withoutSecrets(answer: Exchange, secrets: readonly (string | undefined)[]): Exchange {
  if (answer.kind === 'failure' || answer.status < 300) return answer;
  const body = secrets.reduce<string>(
    (text, secret) => (secret === undefined || secret === '' ? text : text.replaceAll(secret, REDACTED)),
    answer.body,
  );
  return { ...answer, body };
}

/** What may be a credential in a URL: its query, as a whole and each value, encoded as written and decoded. */
export function secretsOf({ search, searchParams }: URL): string[] {
  const written = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [search, ...written, ...searchParams.values()].toSorted((a, b) => b.length - a.length);
}
