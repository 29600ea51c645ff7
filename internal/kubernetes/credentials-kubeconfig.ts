/**
 * The credentials of a kubeconfig context, through @kubernetes/client-node's KubeConfig and so by every method it knows:
 * token, basic, client certificate, exec plugins, OIDC and the older auth providers.
 *
 * Done here, because KubeConfig 2.0.1 doesn't: `tokenFile` is read (and again when it changes), the line end of a token
 * file is cut, a context without a user still gets its CA, exec plugins get KUBERNETES_EXEC_INFO, and http:// servers
 * are allowed (kubectl proxy). Impersonation (`as`) is not done: the agent acts as itself, and says so.
 */
import type { RequestOptions } from 'node:https';
import { CodedError, describeError } from '../platform/errors.ts';
import {
  defaultKubeconfigPath,
  readKubeconfig,
  selectContext,
  type ContextEntries,
  type NamedEntry,
} from './connection-kubeconfig.ts';
import type { ConnectionTarget } from './connection-target.ts';
import { readPem, readToken } from './credentials-in-cluster.ts';
import type { Credentials } from './credentials.ts';

/** Reads the files now (errors: KUBECONFIG_MISSING, KUBECONFIG_INVALID) and again whenever the server says 401. */
export function kubeconfigTarget(paths: readonly string[], wantedContext: string | undefined): ConnectionTarget {
  const read = (): ContextEntries => selectContext(readKubeconfig(paths), wantedContext);
  let entries = read();
  let signer: Promise<Signer> | undefined;
  return {
    server: serverOf(entries.cluster),
    proxyUrl: text(entries.cluster, 'proxy-url'),
    namespace: entries.namespace,
    source: 'kubeconfig',
    context: entries.context,
    authMethod: authMethodOf(entries.user),
    warnings: warningsOf(entries),
    readCredentials: async (forced) => {
      if (forced) entries = read();
      if (forced) signer = undefined;
      signer ??= makeSigner(entries);
      return await readCredentials(entries, await signer);
    },
  };
}

/** The user's own kubeconfig, if there is one. */
export function defaultKubeconfigTarget(
  env: Readonly<Record<string, string | undefined>>,
  wantedContext: string | undefined,
): ConnectionTarget | undefined {
  const path = defaultKubeconfigPath(env);
  if (path === undefined) return undefined;
  try {
    return kubeconfigTarget([path], wantedContext);
  } catch (error) {
    if (error instanceof CodedError && error.code === 'KUBECONFIG_MISSING') return undefined;
    throw error;
  }
}

/** Fills request options with what the user's authentication asks for. */
interface Signer {
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

async function makeSigner(entries: ContextEntries): Promise<Signer> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  // Server, proxy and CA are ours to deal with: given them, KubeConfig would refuse http:// and build an agent for the proxy.
  const cluster = { name: 'cluster', cluster: { server: 'https://unused.invalid' } };
  const user = { name: 'user', user: withExecInfo(entries) };
  const context = { name: 'context', context: { name: 'context', cluster: 'cluster', user: 'user' } };
  config.loadFromString(
    JSON.stringify({ clusters: [cluster], users: [user], contexts: [context], 'current-context': 'context' }),
  );
  return config;
}

async function readCredentials(entries: ContextEntries, signer: Signer): Promise<Credentials> {
  const options: RequestOptions = { headers: {} };
  try {
    await signer.applyToHTTPSOptions(options);
  } catch (cause) {
    const about = `user "${entries.user.name}" (${authMethodOf(entries.user)})`;
    throw new CodedError('CREDENTIALS_FAILED', `${about}: ${firstLine(describeError(cause).message)}`, { cause });
  }
  const tokenFile = text(entries.user, 'tokenFile');
  const bearer = tokenFile === undefined ? bearerOf(options) : `Bearer ${await readToken(tokenFile)}`;
  return {
    headers: bearer === undefined ? {} : { authorization: bearer },
    tls: {
      ca: await pemOf(entries.cluster, 'certificate-authority'),
      cert: bytesOf(options.cert),
      key: bytesOf(options.key),
      serverName: text(entries.cluster, 'tls-server-name'),
      rejectUnauthorized: entries.cluster.fields['insecure-skip-tls-verify'] !== true,
    },
  };
}

function bearerOf(options: RequestOptions): string | undefined {
  if (typeof options.auth === 'string') return `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const value = (options.headers as Record<string, unknown> | undefined)?.['Authorization'];
  return typeof value === 'string' ? value.trim() : undefined;
}

async function pemOf(entry: NamedEntry, field: string): Promise<Buffer | undefined> {
  const data = text(entry, `${field}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const file = text(entry, field);
  return file === undefined ? undefined : await readPem(file);
}

function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string' && value !== '') return Buffer.from(value);
  return Buffer.isBuffer(value) ? value : undefined;
}

/** What client-go tells plugins in the environment (KEP-541); those that need it fail without. */
function withExecInfo(entries: ContextEntries): Record<string, unknown> {
  const { as: _as, ...user } = entries.user.fields;
  const exec = user['exec'];
  if (typeof exec !== 'object' || exec === null) return user;
  const fields = exec as Record<string, unknown>;
  const info = {
    apiVersion: fields['apiVersion'] ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, ...(fields['provideClusterInfo'] === true ? { cluster: clusterInfo(entries) } : {}) },
  };
  const given = Array.isArray(fields['env']) ? (fields['env'] as unknown[]) : [];
  return {
    ...user,
    exec: { ...fields, env: [{ name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }, ...given] },
  };
}

function clusterInfo(entries: ContextEntries): Record<string, unknown> {
  const names = ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority-data', 'proxy-url'];
  const known = names.filter((name) => entries.cluster.fields[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, entries.cluster.fields[name]]));
}

function serverOf(cluster: NamedEntry): URL {
  const server = text(cluster, 'server') ?? '';
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new CodedError('KUBECONFIG_INVALID', `server of cluster "${cluster.name}" is no http or https address`);
  }
  return url;
}

function authMethodOf(user: NamedEntry): string {
  const { exec, 'auth-provider': provider } = user.fields as Record<string, Record<string, unknown> | undefined>;
  if (typeof exec?.['command'] === 'string') return `exec ${exec['command'].split('/').at(-1) ?? ''}`;
  if (typeof provider?.['name'] === 'string') return `auth-provider ${provider['name']}`;
  if (text(user, 'tokenFile') !== undefined) return 'token-file';
  if (text(user, 'token') !== undefined) return 'token';
  if (text(user, 'client-certificate') ?? text(user, 'client-certificate-data')) return 'client-certificate';
  return text(user, 'username') === undefined ? 'anonymous' : 'basic';
}

function warningsOf(entries: ContextEntries): string[] {
  const warnings: string[] = [];
  if (entries.cluster.fields['insecure-skip-tls-verify'] === true) {
    warnings.push('insecure-skip-tls-verify is set: whoever stands in between can read the credentials');
  }
  if (entries.user.fields['as'] !== undefined) {
    warnings.push('impersonation (`as`) of the kubeconfig is not done: the agent acts as the user itself');
  }
  return warnings;
}

function text(entry: NamedEntry, field: string): string | undefined {
  const value = entry.fields[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function firstLine(message: string): string {
  return message.trim().split('\n')[0]?.slice(0, 300) ?? '';
}
