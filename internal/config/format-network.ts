/**
 * Formats of what the agent connects to or listens on. URLs are never repeated in a message: someone may have put a
 * password into one.
 */
import { checkUrl, shownUrl, type UrlPolicy, type UrlRefusal } from '../platform/url-guard.ts';
import { Secret } from '../platform/secret.ts';
import { problemOf, valueOf, type Format, type Parsed } from './format.ts';
import { quoted } from './problems.ts';

/** Where to listen. A host of '' means every interface, a port of 0 any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const HTTP_REMEDY = 'give an http:// or https:// URL';
const HOST_REMEDY = 'name the host of the service itself';

const urlProblems: Readonly<Record<UrlRefusal, readonly [problem: string, remedy: string]>> = {
  'not-a-url': ['is not a URL', 'write it like https://restate.example.com:8080'],
  scheme: ['is not an http or https URL', HTTP_REMEDY],
  userinfo: [
    'holds a user name or password',
    'remove it and give the credential by a file, as --restate-token-file or --otlp-headers-file',
  ],
  query: ['has a query', 'remove everything from the ?'],
  fragment: ['has a fragment', 'remove everything from the #'],
  port: ['has port 0', 'give the port the service listens on'],
  'metadata-name': ['names a service that hands out credentials of machines', HOST_REMEDY],
  'metadata-address': ['names a service that hands out credentials of machines', HOST_REMEDY],
  'link-local-address': ['has a link-local address', HOST_REMEDY],
  'unspecified-address': ['has an address that names no host', HOST_REMEDY],
  'multicast-address': ['has a multicast or reserved address', HOST_REMEDY],
  'loopback-address': ['has a loopback address', HOST_REMEDY],
};

/** A URL that `policy` allows, normalised and without a slash at its end. */
export function httpUrl(policy: UrlPolicy): Format<string> {
  return { placeholder: 'URL', parse: (text) => parseUrl(text, policy), show: (value) => shownUrl(new URL(value)) };
}

/** The same, where its query may be a credential: what is shown has no query. */
export function secretUrl(policy: UrlPolicy): Format<Secret> {
  return {
    placeholder: 'URL',
    parse: (text) => {
      const parsed = parseUrl(text, policy);
      return parsed.kind === 'value' ? valueOf(new Secret(parsed.value)) : parsed;
    },
    show: (value) => shownUrl(new URL(value.reveal())),
  };
}

function parseUrl(text: string, policy: UrlPolicy): Parsed<string> {
  const verdict = checkUrl(text, policy);
  if (verdict.kind === 'refused') return problemOf(...urlProblems[verdict.reason]);
  const { origin, pathname, search } = verdict.url;
  return valueOf(`${origin}${search === '' ? pathname.replace(/\/+$/, '') : pathname}${search}`);
}

const LISTEN_REMEDY = 'write it like :8080, 127.0.0.1:8080 or [::1]:8080; port 0 takes a free one';

/** An address to listen on, as Go programs take it. `emptyHost` is what a missing host means: '' is every interface. */
export function listenAddress(emptyHost: string): Format<ListenAddress> {
  return {
    placeholder: 'ADDRESS',
    parse: (text) => {
      const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text) ?? [];
      if (digits === undefined) return problemOf(`${quoted(text)} is not an address to listen on`, LISTEN_REMEDY);
      const port = Number(digits);
      if (port > 65535) return problemOf(`${quoted(text)} has no such port`, 'choose a port from 0 to 65535');
      const host = bracketed ?? plain ?? '';
      return valueOf(Object.freeze({ host: host === '' ? emptyHost : host, port }));
    },
    show: ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}
