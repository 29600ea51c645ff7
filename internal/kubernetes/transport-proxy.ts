/**
 * Which proxy stands between us and the API server: pure. The rules are those of Go's x/net/http/httpproxy, which
 * kubectl and every client-go program follow, so that what works for kubectl works here: a kubeconfig's proxy-url wins
 * and knows no exceptions; else HTTPS_PROXY (HTTP_PROXY for a plain server) unless NO_PROXY names the server;
 * localhost and loopback addresses never go through the environment's proxy.
 */
import { BlockList, isIP } from 'node:net';
import { CodedError } from '../platform/errors.ts';

export interface Proxy {
  readonly kind: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Undefined without userinfo in the address. Never logged. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export type ProxyChoice =
  | { readonly proxy: Proxy; readonly reason: 'proxy-url' | 'environment' }
  | { readonly proxy: undefined; readonly reason: 'none-configured' | 'no-proxy' | 'loopback' };

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws KUBECONFIG_INVALID for a proxy-url, CONFIG_INVALID for an environment variable, that is no proxy address. */
export function chooseProxy(server: URL, proxyUrl: string | undefined, env: Environment): ProxyChoice {
  if (proxyUrl !== undefined && proxyUrl !== '') {
    return { proxy: parseProxy(proxyUrl, 'KUBECONFIG_INVALID', 'proxy-url'), reason: 'proxy-url' };
  }
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = variable(env, name);
  if (value === '') return { proxy: undefined, reason: 'none-configured' };
  if (isLoopback(hostOf(server))) return { proxy: undefined, reason: 'loopback' };
  if (isExcepted(server, variable(env, 'NO_PROXY'))) return { proxy: undefined, reason: 'no-proxy' };
  return { proxy: parseProxy(value, 'CONFIG_INVALID', name), reason: 'environment' };
}

/** Host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function variable(env: Environment, name: string): string {
  return env[name] ?? env[name.toLowerCase()] ?? '';
}

const proxyKinds: Readonly<Record<string, { kind: Proxy['kind']; port: number }>> = {
  'http:': { kind: 'http', port: 80 },
  'https:': { kind: 'https', port: 443 },
  'socks5:': { kind: 'socks5', port: 1080 },
  'socks5h:': { kind: 'socks5', port: 1080 },
};

function parseProxy(value: string, code: 'KUBECONFIG_INVALID' | 'CONFIG_INVALID', where: string): Proxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url === undefined ? undefined : proxyKinds[url.protocol];
  if (url === undefined || known === undefined || url.hostname === '') {
    throw new CodedError(code, `${where} is no address of an http, https or socks5 proxy`);
  }
  const login =
    url.username === ''
      ? undefined
      : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { kind: known.kind, host: hostOf(url), port: url.port === '' ? known.port : Number(url.port), login };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isExcepted(server: URL, noProxy: string): boolean {
  const host = hostOf(server).toLowerCase();
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, portOf(server)));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inNetwork(entry, host);
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(host) !== 0) return name === host;
  const domain = name.replace(/^\*(?=\.)/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function splitPort(entry: string): { name: string; onlyPort: number | undefined } {
  if (isIP(entry) === 6) return { name: entry, onlyPort: undefined };
  const found = /^\[?(.*?)\]?:(\d+)$/.exec(entry);
  return found === null
    ? { name: entry.replace(/^\[(.*)\]$/, '$1'), onlyPort: undefined }
    : { name: found[1] ?? '', onlyPort: Number(found[2]) };
}

function inNetwork(entry: string, host: string): boolean {
  const [network = '', bits = ''] = entry.split('/');
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || family !== isIP(host) || !/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
