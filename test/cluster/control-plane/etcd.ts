// etcd of one cluster: one member on loopback, without TLS and without fsync. For tests only: it loses data with the machine.
import path from 'node:path';
import { startChild, waitUntil, type Child } from '../process/child.ts';
import { freePort } from './ports.ts';

/** A running etcd. */
export interface Etcd {
  readonly url: string;
  readonly child: Child;
  /** Compacts away all revisions before the newest; returns it. */
  readonly compact: () => Promise<string>;
}

function argsOf(dataDir: string, clientUrl: string, peerUrl: string): string[] {
  return [
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`);
    return ((await response.json()) as { health?: string }).health === 'true';
  } catch {
    return false;
  }
}

/** etcd's gRPC gateway: JSON over HTTP. */
async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`etcd ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function compactNow(url: string): Promise<string> {
  const key = Buffer.from('/').toString('base64');
  const answer = (await post(`${url}/v3/kv/range`, { key, count_only: true })) as { header: { revision: string } };
  const { revision } = answer.header;
  await post(`${url}/v3/kv/compaction`, { revision, physical: true });
  return revision;
}

/** Starts etcd; healthy when this returns. */
export async function startEtcd(binary: string, runDir: string): Promise<Etcd> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const args = argsOf(path.join(runDir, 'etcd'), url, peerUrl);
  const child = await startChild({ name: 'etcd', command: binary, args, runDir });
  const patience = { what: 'etcd is not healthy', timeoutMs: 20_000, runDir, children: [child] };
  await waitUntil(patience, () => isHealthy(url));
  return { url, child, compact: () => compactNow(url) };
}
