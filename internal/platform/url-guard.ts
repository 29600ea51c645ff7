/**
 * Which URLs the agent may call when a setting names them: http and https, nobody's password inside, not the services
 * that hand out a machine's credentials. `checkUrl` judges the text; `guardedLookup` judges the address at the moment of
 * connecting, so that a name which resolves to something else later is caught too. Redirects are the caller's to refuse.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackAddress, refusedAddress, type AddressRefusal } from './address-guard.ts';
import { CodedError } from './errors.ts';

export interface UrlPolicy {
  readonly allowsQuery: boolean;
  readonly allowsLoopback: boolean;
}

/** For --restate-url: paths are put behind it, so it has no query. */
export const planeUrlPolicy: UrlPolicy = { allowsQuery: false, allowsLoopback: true };
/** For --otlp-endpoint: paths are put behind it as well. */
export const collectorUrlPolicy: UrlPolicy = { allowsQuery: false, allowsLoopback: true };
/** For --remote-config-url: called as it is. */
export const remoteConfigUrlPolicy: UrlPolicy = { allowsQuery: true, allowsLoopback: true };

export type UrlRefusal =
  'not-a-url' | 'scheme' | 'userinfo' | 'query' | 'fragment' | 'port' | 'metadata-name' | AddressRefusal;

export type UrlVerdict =
  { readonly kind: 'allowed'; readonly url: URL } | { readonly kind: 'refused'; readonly reason: UrlRefusal };

const LONGEST_URL = 2048;

const METADATA_NAMES = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** Judges a URL by its text alone. Decimal, octal and hexadecimal IPv4 forms are seen as the address they mean. */
export function checkUrl(text: string, policy: UrlPolicy): UrlVerdict {
  const url = parseUrl(text);
  const reason = url === undefined ? 'not-a-url' : (refusedParts(text, url, policy) ?? refusedHost(url, policy));
  return url === undefined || reason !== undefined
    ? { kind: 'refused', reason: reason ?? 'not-a-url' }
    : { kind: 'allowed', url };
}

/** The WHATWG parser drops white space and control characters in silence; a URL that holds some is not what it seems. */
function parseUrl(text: string): URL | undefined {
  if (text.length > LONGEST_URL || /[\s\p{Cc}\p{Cf}]/u.test(text)) return undefined;
  return URL.parse(text) ?? undefined;
}

function refusedParts(text: string, url: URL, policy: UrlPolicy): UrlRefusal | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'scheme';
  if (url.username !== '' || url.password !== '') return 'userinfo';
  if (text.includes('#')) return 'fragment';
  if (text.includes('?') && !policy.allowsQuery) return 'query';
  return url.port === '0' ? 'port' : undefined;
}

function refusedHost(url: URL, policy: UrlPolicy): UrlRefusal | undefined {
  const host = hostOf(url);
  if (isIP(host) !== 0) return refusedAddress(host, policy.allowsLoopback);
  if (METADATA_NAMES.has(host)) return 'metadata-name';
  return isLoopback(url) && !policy.allowsLoopback ? 'loopback-address' : undefined;
}

/** Host without brackets and without the dot that ends a complete name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** True of loopback addresses and of `localhost`. */
export function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return isLoopbackAddress(host) || host === 'localhost' || host.endsWith('.localhost');
}

/** True of names a cluster's own DNS gives to services: `x.ns.svc`, `x.ns.svc.cluster.local`, and names without a dot. */
export function isClusterLocal(url: URL): boolean {
  const host = hostOf(url);
  if (isIP(host) !== 0) return false;
  return !host.includes('.') || host.endsWith('.svc') || host.endsWith('.svc.cluster.local');
}

/** The URL as it may be shown: without userinfo, query and fragment, where credentials hide. */
export function shownUrl(url: URL): string {
  const hidden = url.search === '' ? '' : '?[redacted]';
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${hidden}`;
}

/**
 * A `lookup` for node:net, node:tls and undici's `connect`: fails with URL_REFUSED where any address of the name may not
 * be called. Addresses written in the URL itself never come by here; `checkUrl` has judged those.
 */
export function guardedLookup(policy: UrlPolicy, resolve: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true } satisfies LookupOptions, (error, found) => {
      const addresses: LookupAddress[] = error === null ? found : [];
      const bad = addresses.find(({ address }) => refusedAddress(address, policy.allowsLoopback) !== undefined);
      const failure = error ?? (bad === undefined ? noAddress(hostname, addresses) : refusal(hostname, bad, policy));
      if (failure !== null) callback(failure, '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

function noAddress(hostname: string, addresses: readonly LookupAddress[]): NodeJS.ErrnoException | null {
  if (addresses.length > 0) return null;
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}

function refusal(hostname: string, { address }: LookupAddress, policy: UrlPolicy): CodedError {
  const reason = refusedAddress(address, policy.allowsLoopback) ?? 'unspecified-address';
  return new CodedError('URL_REFUSED', `${hostname} resolves to ${address} (${reason})`);
}
