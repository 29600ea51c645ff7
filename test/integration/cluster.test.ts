// The test cluster itself: that it is a real API server, does what tests ask of it, and leaves nothing behind.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { get, type RequestOptions } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { ApiError } from '../cluster/control-plane/api-client.ts';
import type { Cluster } from '../cluster/options.ts';
import { isRunning } from '../cluster/process/identity.ts';
import { untilStopped } from '../support/process-state.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

interface NamespaceList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

function listNamespaces(cluster: Cluster): Promise<NamespaceList> {
  return cluster.api('GET', '/api/v1/namespaces');
}

function hasStatus(status: number): (error: unknown) => boolean {
  return (error) => error instanceof ApiError && error.status === status;
}

/** Until it no longer rejects: the API server hears of new rights through a watch of its own. */
async function eventually(attempt: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (performance.now() < deadline) {
    const isDone = await attempt().then(
      () => true,
      () => false,
    );
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await attempt();
}

/** Opens a watch and returns when it has begun; `ended` resolves when the server is gone. */
async function watchNamespaces(cluster: Cluster): Promise<{ ended: Promise<void> }> {
  const headers = { authorization: `Bearer ${cluster.adminToken}` };
  const options: RequestOptions = { ca: readFileSync(cluster.caFile), headers, agent: false };
  return new Promise((resolve, reject) => {
    const request = get(`${cluster.url}/api/v1/namespaces?watch=true`, options, (response) => {
      const ended = new Promise<void>((end) => response.once('close', () => end()));
      response.on('error', () => undefined);
      response.once('data', () => resolve({ ended }));
      response.resume();
    });
    request.once('error', reject);
  });
}

describe('a control plane', { skip, timeout: 120_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    const auditPolicy = { rules: [{ level: 'Metadata' }] };
    cluster = await startCluster({ tokenUsers: [{ user: 'guest' }], auditPolicy, watchCache: false });
  });
  after(() => cluster.stop());

  test('takes a namespace and lists it', async () => {
    await cluster.createNamespace('shop', { team: 'a' });
    const { items } = await listNamespaces(cluster);
    assert.ok(items.some((item) => item.metadata.name === 'shop'));
    assert.match(await cluster.kubectl(['get', 'namespace', 'shop', '-o', 'jsonpath={.metadata.labels.team}']), /^a$/);
  });

  test('takes an object from standard input, and says what kubectl says when it refuses', async () => {
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'given' }, data: { a: '1' } });
    await cluster.kubectl(['create', '-f', '-'], text);
    await assert.rejects(cluster.kubectl(['get', 'configmap', 'absent']), /NotFound/);
  });

  test('refuses a user without rights until a role gives them', async () => {
    const token = cluster.tokenFor('guest');
    const look = (): Promise<unknown> => cluster.api('GET', '/api/v1/pods', undefined, { token });
    await assert.rejects(look(), hasStatus(403));
    await cluster.kubectl(['create', 'clusterrole', 'looker', '--verb=list', '--resource=pods']);
    await cluster.kubectl(['create', 'clusterrolebinding', 'guest', '--clusterrole=looker', '--user=guest']);
    await eventually(look);
    await assert.rejects(cluster.api('GET', '/api/v1/pods', undefined, { token: 'nobody' }), hasStatus(401));
    assert.throws(() => cluster.tokenFor('stranger'), /no user stranger; there are admin, guest/);
  });

  test('writes an audit line before it answers', async () => {
    await cluster.api('GET', '/api/v1/namespaces/kube-public');
    const lines = readFileSync(cluster.auditLogFile, 'utf8').trim().split('\n');
    assert.ok(lines.some((line) => line.includes('"requestURI":"/api/v1/namespaces/kube-public"')));
  });

  test('answers 410 for what a compaction took away', async () => {
    const { metadata } = await listNamespaces(cluster);
    const old = `/api/v1/namespaces?resourceVersionMatch=Exact&resourceVersion=${metadata.resourceVersion}`;
    await cluster.api('GET', old);
    await cluster.createNamespace('newer');
    await cluster.compactEtcd();
    await assert.rejects(cluster.api('GET', old), hasStatus(410));
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`comes back after ${signal} at the same address with the same data, having broken off its watches`, async () => {
      const watch = await watchNamespaces(cluster);
      const before = cluster.processes().find((one) => one.name === 'kube-apiserver');
      await cluster.stopApiServer({ signal });
      await watch.ended;
      await assert.rejects(listNamespaces(cluster), /ECONNREFUSED/);
      await cluster.startApiServer();
      const now = cluster.processes().find((one) => one.name === 'kube-apiserver');
      assert.notEqual(now?.identity.pid, before?.identity.pid);
      assert.ok((await listNamespaces(cluster)).items.some((item) => item.metadata.name === 'shop'));
    });
  }

  test('gives no answer while it is paused, and the answer afterwards', async () => {
    cluster.pauseApiServer();
    let isAnswered = false;
    const answer = listNamespaces(cluster).finally(() => (isAnswered = true));
    const apiServer = cluster.processes().find((one) => one.name === 'kube-apiserver');
    await untilStopped(apiServer?.identity.pid ?? 0);
    assert.equal(isAnswered, false);
    cluster.resumeApiServer();
    await answer;
  });

  test('ends with its processes and its folder, and twice is as good as once', async () => {
    const processes = cluster.processes();
    assert.deepEqual(
      processes.map((one) => one.name),
      ['etcd', 'kube-apiserver'],
    );
    await Promise.all([cluster.stop(), cluster.stop()]);
    for (const one of processes) assert.equal(isRunning(one.identity), false, one.name);
    assert.equal(existsSync(cluster.runDir), false);
  });
});
