/**
 * The proxy that the environment names for a URL, by the variables every tool reads: HTTPS_PROXY, HTTP_PROXY and
 * NO_PROXY, in capitals or not. Pure.
 *
 * As Go's net/http, which the agent before this one used: never for the loopback; NO_PROXY is a list of names (with all
 * names below them), addresses, ranges of addresses, each with a port or without, or `*` for all.
 */
import { BlockList, isIP } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** URL of the proxy for `url`; undefined where it is to be reached directly. */
export function proxyFor(url: string, environment: Environment): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replaceAll(/^\[|\]$/g, '').toLowerCase();
  const proxy = valueOf(environment, protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === '' || isLoopback(host)) return undefined;
  const exceptions = valueOf(environment, 'NO_PROXY')
    .split(',')
    .map((one) => one.trim().toLowerCase());
  const actualPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  if (exceptions.some((one) => one !== '' && isMeant(one, host, actualPort))) return undefined;
  // Often written without a scheme.
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  return URL.canParse(address) ? address : undefined;
}

function valueOf(environment: Environment, name: string): string {
  return (environment[name] ?? environment[name.toLowerCase()] ?? '').trim();
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isMeant(exception: string, host: string, port: string): boolean {
  if (exception === '*') return true;
  if (exception.includes('/')) return isInRange(host, exception);
  const [name = '', onlyPort] = isIP(exception) === 6 ? [exception] : exception.split(':');
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const plain = name.replace(/^\*?\./, '');
  return host.endsWith(`.${plain}`) || (host === plain && !name.startsWith('.'));
}

/** `10.0.0.0/8` and the like; what is no range holds nothing. */
function isInRange(host: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  const length = Number(bits);
  if (isIP(host) === 0 || isIP(host) !== isIP(network) || !/^\d+$/.test(bits)) return false;
  if (length > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family);
  return list.check(host, family);
}
