/**
 * The etcd of a test cluster, spoken to past its API server: for what only happens when the API server cannot keep up.
 * Over etcd's gRPC gateway: JSON, keys and values as base64. Finds the address among the process's arguments (Linux).
 */
import { readFileSync } from 'node:fs';
import type { Cluster } from '../cluster/options.ts';

interface Range {
  readonly kvs?: readonly { readonly value: string }[];
}

/** Writes the object at `key` again, as it is, so many times. */
export async function rewriteInEtcd(cluster: Cluster, key: string, times: number): Promise<void> {
  const url = addressOf(cluster);
  const name = Buffer.from(key).toString('base64');
  const { kvs } = (await post(url, 'range', { key: name })) as Range;
  const value = kvs?.[0]?.value;
  if (value === undefined) throw new Error(`etcd holds no ${key}`);
  for (let at = 0; at < times; at++) await post(url, 'put', { key: name, value });
}

function addressOf(cluster: Cluster): string {
  const etcd = cluster.processes().find(({ name }) => name === 'etcd');
  const args = readFileSync(`/proc/${etcd?.identity.pid}/cmdline`, 'utf8').split('\0');
  const flag = '--listen-client-urls=';
  const found = args.find((arg) => arg.startsWith(flag));
  if (found === undefined) throw new Error('the address of etcd is not among its arguments');
  return found.slice(flag.length);
}

async function post(url: string, verb: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}/v3/kv/${verb}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${verb}: ${response.status} ${await response.text()}`);
  return response.json();
}
