// kube-apiserver of one cluster: bound to loopback, with a certificate that it makes for itself, RBAC on.
//
// It keeps its port and certificate over stops and starts, so that clients find the same server again.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild, waitUntil, type Child } from '../process/child.ts';
import type { ApiClient } from './api-client.ts';

/** What the API server is started with. */
export interface ApiServerSpec {
  readonly binary: string;
  readonly runDir: string;
  readonly port: number;
  readonly etcdUrl: string;
  readonly tokenFile: string;
  readonly serviceAccountKeyFile: string;
  /** False: no controller makes service accounts, so none is asked of pods. */
  readonly hasControllers: boolean;
  readonly auditPolicy?: object | undefined;
  /** Later flags win over ours. */
  readonly extraArgs: readonly string[];
}

/** How to end it. SIGKILL is a crash: watches break off without a word. */
export interface StopOptions {
  readonly signal?: 'SIGTERM' | 'SIGKILL';
}

/** The API server, which may be stopped and started again. */
export interface ApiServer {
  /** Ready (GET /readyz) when this returns. */
  readonly start: () => Promise<void>;
  readonly stop: (options?: StopOptions) => Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open and nothing comes. */
  readonly pause: () => void;
  readonly resume: () => void;
}

const READY_TIMEOUT_MS = 60_000;

/** Folder of the certificate the server makes for itself. */
export function certDirOf(runDir: string): string {
  return path.join(runDir, 'apiserver');
}

/** The self-made certificate with its CA: what clients have to trust. */
export function caFileOf(runDir: string): string {
  return path.join(certDirOf(runDir), 'apiserver.crt');
}

/** Where the audit log goes if there is an audit policy. */
export function auditLogOf(runDir: string): string {
  return path.join(runDir, 'logs', 'audit.log');
}

function auditArgs(spec: ApiServerSpec): string[] {
  if (spec.auditPolicy === undefined) return [];
  const policyFile = path.join(spec.runDir, 'audit-policy.json');
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...spec.auditPolicy };
  writeFileSync(policyFile, JSON.stringify(policy));
  // Blocking: a line is in the file before the request is answered.
  return [
    `--audit-policy-file=${policyFile}`,
    `--audit-log-path=${auditLogOf(spec.runDir)}`,
    '--audit-log-mode=blocking',
  ];
}

function argsOf(spec: ApiServerSpec): string[] {
  return [
    `--etcd-servers=${spec.etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${spec.port}`,
    // Nobody is told of an address by the service "kubernetes", which also lets it run on a machine without a network.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--cert-dir=${certDirOf(spec.runDir)}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${spec.serviceAccountKeyFile}`,
    `--service-account-signing-key-file=${spec.serviceAccountKeyFile}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    `--token-auth-file=${spec.tokenFile}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    // Without it a server with open watches ends only when requests time out, a minute later.
    '--shutdown-watch-termination-grace-period=2s',
    '--kubelet-preferred-address-types=InternalIP',
    ...(spec.hasControllers ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...auditArgs(spec),
    ...spec.extraArgs,
  ];
}

async function isReady(client: ApiClient): Promise<boolean> {
  try {
    return (await client.api('GET', '/readyz')) === 'ok';
  } catch {
    // The certificate may have been read while it was being written: it is read anew with the next request.
    client.disconnect();
    return false;
  }
}

/** An API server that is not started yet. */
export function createApiServer(spec: ApiServerSpec, client: ApiClient): ApiServer {
  const args = argsOf(spec);
  let child: Child | undefined;
  return {
    start: async () => {
      if (child !== undefined && child.ending() === undefined) return;
      child = await startChild({ name: 'kube-apiserver', command: spec.binary, args, runDir: spec.runDir });
      const what = 'kube-apiserver is not ready';
      const patience = { what, timeoutMs: READY_TIMEOUT_MS, runDir: spec.runDir, children: [child] };
      await waitUntil(patience, () => isReady(client));
    },
    stop: async ({ signal = 'SIGTERM' } = {}) => {
      client.disconnect();
      child?.signal('SIGCONT');
      await child?.stop(signal);
    },
    pause: () => child?.signal('SIGSTOP'),
    resume: () => child?.signal('SIGCONT'),
  };
}
