/**
 * The credentials of a pod: token and CA of its service account, mounted where Kubernetes puts them. Read without
 * @kubernetes/client-node, which would cost 90 MB for three files. Addresses as KubeConfig.loadFromCluster makes them.
 */
import { readFile } from 'node:fs/promises';
import { accessSync, constants, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { CodedError } from '../platform/errors.ts';
import type { Credentials } from './credentials.ts';
import type { ConnectionTarget } from './connection-target.ts';

export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

/** True where a pod would find an API server: both the service's address and a readable token. */
export function isInsideCluster(env: Environment, directory = SERVICE_ACCOUNT_DIR): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && isReadable(join(directory, 'token'));
}

export function inClusterTarget(env: Environment, directory = SERVICE_ACCOUNT_DIR): ConnectionTarget {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const address = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(address)) {
    throw new CodedError('KUBECONFIG_INVALID', `KUBERNETES_SERVICE_HOST and _PORT make no address: ${address}`);
  }
  return {
    server: new URL(address),
    proxyUrl: undefined,
    namespace: readNamespace(directory),
    source: 'in-cluster',
    context: undefined,
    authMethod: 'service-account-token',
    warnings: [],
    readCredentials: () => readServiceAccount(directory),
  };
}

async function readServiceAccount(directory: string): Promise<Credentials> {
  const [token, ca] = await Promise.all([readToken(join(directory, 'token')), readPem(join(directory, 'ca.crt'))]);
  return {
    headers: { authorization: `Bearer ${token}` },
    tls: { ca, cert: undefined, key: undefined, serverName: undefined, rejectUnauthorized: true },
  };
}

/** A bearer token of a file, without the line end that editors add and headers refuse. */
export async function readToken(file: string): Promise<string> {
  const token = (await readPem(file)).toString('utf8').trim();
  if (token === '' || /[^\x21-\x7e]/.test(token)) throw new CodedError('CREDENTIALS_FAILED', `${file} holds no token`);
  return token;
}

/** The file, or CREDENTIALS_FAILED with its name. */
export async function readPem(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CodedError('CREDENTIALS_FAILED', (cause as Error).message, { cause });
  }
}

function readNamespace(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
