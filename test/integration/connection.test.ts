// Connecting to a real API server: every answer it gives to who we are, and what becomes of it.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { canI } from '../../internal/kubernetes/access.ts';
import { connect, type Connection } from '../../internal/kubernetes/connection.ts';
import { fetchClusterUid } from '../../internal/kubernetes/namespaces-cluster-uid.ts';
import { statusError, type Subject } from '../../internal/kubernetes/transport-status.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startProxyStub } from '../support/proxy-stub.ts';
import { CertificateAuthority } from '../support/simulated-apiserver/x509.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;
const listPods: Subject = { verb: 'list', resource: 'pods', group: '', namespace: 'default' };
const pods = { method: 'GET', path: '/api/v1/namespaces/default/pods' } as const;
const limits = { timeoutMs: 5000 };

describe('a connection to a real API server', { skip, timeout: 120_000 }, () => {
  let cluster: Cluster;
  let directory: string;
  const open: Connection[] = [];
  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'watcher-connection-'));
    cluster = await startCluster({ tokenUsers: [{ user: 'guest' }] });
  });
  after(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  const connectWith = (settings: Partial<Parameters<typeof connect>[0]>): Connection => {
    const all = { env: {}, qps: 0, burst: 0, userAgent: 'watcher/test', ...settings };
    const connection = connect(all, { clock: systemClock(), logger: silentLogger() });
    open.push(connection);
    return connection;
  };
  /** The administrator's kubeconfig, changed. */
  const changed = (name: string, change: (text: string) => string): string => {
    const file = path.join(directory, name);
    writeFileSync(file, change(readFileSync(cluster.kubeconfigPath, 'utf8')));
    return file;
  };
  const status = async (connection: Connection): Promise<number> =>
    (await connection.transport.request(pods, limits)).status;

  test('by kubeconfig, flag or variable', async () => {
    assert.equal(await status(connectWith({ kubeconfig: cluster.kubeconfigPath })), 200);
    assert.equal(await status(connectWith({ env: { KUBECONFIG: cluster.kubeconfigPath } })), 200);
    assert.match(
      await fetchClusterUid(connectWith({ kubeconfig: cluster.kubeconfigPath }).transport),
      /^[0-9a-f-]{36}$/,
    );
  });

  test('a user without rights is told which right is missing', async () => {
    const { transport } = connectWith({ kubeconfig: cluster.kubeconfigFor('guest') });
    const answer = await transport.request(pods, limits);
    const error = statusError(listPods, answer);
    assert.equal(error.code, 'API_FORBIDDEN');
    assert.equal(error.reason, 'Forbidden');
    assert.match(error.detail, /^list pods in namespace default answered 403: pods is forbidden: User "guest"/);
    assert.deepEqual(await canI(transport, listPods), { allowed: false, reason: '' });
    const admin = connectWith({ kubeconfig: cluster.kubeconfigPath });
    assert.equal((await canI(admin.transport, listPods)).allowed, true);
  });

  test('a token nobody knows is 401, a CA that did not sign is API_TLS', async () => {
    const unknown = changed('unknown', (text) => text.replaceAll(cluster.adminToken, 'not-a-token'));
    assert.equal(await status(connectWith({ kubeconfig: unknown })), 401);
    const strange = path.join(directory, 'strange.crt');
    writeFileSync(strange, new CertificateAuthority(Date.now()).certificatePem);
    const mistrusting = changed('strange', (text) => text.replaceAll(cluster.caFile, strange));
    await assert.rejects(status(connectWith({ kubeconfig: mistrusting })), { code: 'API_TLS' });
  });

  test('a service account as in a pod, its token replaced: at once where the old one is refused', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    const issue = async (): Promise<string> => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const issued: { status: { token: string } } = await cluster.api('POST', `${accounts}/agent/token`, body);
      return issued.status.token;
    };
    const mount = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
    await cluster.api('POST', accounts, { metadata: { name: 'agent' } });
    await cluster.kubectl([
      'create',
      'clusterrolebinding',
      'agent',
      '--clusterrole=cluster-admin',
      '--serviceaccount=default:agent',
    ]);
    mount('token', await issue());
    mount('ca.crt', readFileSync(cluster.caFile, 'utf8'));
    mount('namespace', 'default');
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(cluster.url).port };
    const connection = connectWith({ env, serviceAccountDir: directory });
    assert.equal(connection.describe().auth, 'service-account-token');
    while ((await status(connection)) === 403) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await status(connection), 200);
    await cluster.api('DELETE', `${accounts}/agent`);
    await cluster.api('POST', accounts, { metadata: { name: 'agent' } });
    mount('token', await issue());
    while ((await status(connection)) !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
    const watch = { ...pods, query: { watch: true } };
    const stream = await connection.transport.stream(watch, { headersTimeoutMs: 5000 });
    assert.equal(stream.status, 200);
    stream.destroy();
  });

  test('through a proxy, requests and watches alike', async () => {
    await using proxy = await startProxyStub({ kind: 'http' });
    const kubeconfig = changed('proxied', (text) => {
      const parsed = parse(text) as { clusters: { cluster: Record<string, unknown> }[] };
      for (const { cluster: one } of parsed.clusters) one['proxy-url'] = `http://127.0.0.1:${proxy.port}`;
      return stringify(parsed);
    });
    const connection = connectWith({ kubeconfig });
    assert.equal(await status(connection), 200);
    assert.deepEqual(proxy.targets, [new URL(cluster.url).host]);
    const watch = { method: 'GET', path: '/api/v1/namespaces', query: { watch: true } } as const;
    const stream = await connection.transport.stream(watch, { headersTimeoutMs: 5000 });
    for await (const chunk of stream.chunks) {
      assert.match(chunk.toString(), /^\{"type":"ADDED"/);
      break;
    }
  });

  test('an API server that goes ends a watch with a code, refuses meanwhile, and is found again', async () => {
    const connection = connectWith({ kubeconfig: cluster.kubeconfigPath });
    const watch = { ...pods, query: { watch: true } };
    const stream = await connection.transport.stream(watch, { headersTimeoutMs: 5000 });
    const reading = (async () => {
      for await (const _chunk of stream.chunks);
      return 'ended';
    })().catch((error: unknown) => (error as { code: string }).code);
    await cluster.stopApiServer();
    assert.ok(['ended', 'API_UNREACHABLE'].includes(await reading));
    await assert.rejects(status(connection), { code: 'API_UNREACHABLE', message: /ECONNREFUSED/ });
    await cluster.startApiServer();
    assert.equal(await status(connection), 200);
  });
});
