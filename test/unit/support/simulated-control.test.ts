/** What tests rely on when they steer the simulated API server: its log, its watches, its comings and goings, its clock. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type IncomingHttpStatusHeader } from 'node:http2';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { ContractClient } from '../../contract/apiserver-client.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { KubernetesObject } from '../../support/simulated-apiserver/objects.ts';
import { defineResource, namespaces, pods } from '../../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const podNamed = (name: string, namespace = 'default'): KubernetesObject => ({
  metadata: { name, namespace },
  spec: { containers: [], padding: 'x'.repeat(2000) },
  status: { phase: 'Running' },
});

const clientOf = (server: SimulatedApiServer, token = server.adminToken): ContractClient =>
  new ContractClient(server, 'HTTP/2', token);

test('the log tells who asked what, and how', async () => {
  await using server = await SimulatedApiServer.start();
  const client = clientOf(server);
  const next = server.requests.next({ resource: 'pods' });
  await client.request('/api/v1/namespaces');
  await client.request('/api/v1/namespaces/default/pods?limit=5', { accept: 'application/json' });
  client.close();
  const { verb, namespace, user, accept, userAgent, httpVersion, query, number } = await next;
  assert.deepEqual(
    { verb, namespace, user, accept, userAgent, httpVersion, limit: query.get('limit'), number },
    {
      verb: 'list',
      namespace: 'default',
      user: 'admin',
      accept: 'application/json',
      userAgent: 'contract',
      httpVersion: '2.0',
      limit: '5',
      number: 2,
    },
  );
  assert.equal((await server.requests.reached(2)).length, 2);
  assert.equal(server.requests.all({ verb: 'watch' }).length, 0);
});

test(
  'open watches are counted and awaited, and counted no longer when the client leaves',
  { timeout: 10_000 },
  async () => {
    await using server = await SimulatedApiServer.start();
    const client = clientOf(server);
    const opened = server.watches.opened({ resource: 'pods' });
    const watch = await client.watch('/api/v1/pods?watch=1');
    const open = await opened;
    assert.equal(server.watches.open({ resource: 'pods' }).length, 1);
    assert.equal(server.watches.open({ resource: 'nodes' }).length, 0);
    watch.close();
    await open.closed;
    assert.equal(server.watches.open().length, 0);
    client.close();
  },
);

test('a watch whose client reads slowly loses nothing and keeps the order', { timeout: 20_000 }, async () => {
  await using server = await SimulatedApiServer.start();
  const session = connect(server.url, { ca: server.caPem });
  const headers = { ':path': '/api/v1/pods?watch=1', authorization: `Bearer ${server.adminToken}` };
  const stream = session.request(headers);
  stream.pause();
  const open = await server.watches.opened();
  for (let at = 0; at < 2000; at++) server.put(pods, podNamed(`pod-${String(at).padStart(4, '0')}`));
  assert.ok(open.framesSent < 2000, 'back-pressure holds frames back');
  const names: string[] = [];
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) names.push((JSON.parse(line) as { object: KubernetesObject }).object.metadata.name ?? '');
    if (names.length >= 2000) break;
  }
  session.destroy();
  assert.deepEqual(names, [...names].sort());
  assert.equal(names.length, 2000);
});

test('a watch that is slower than the history is forgotten is told so, with 410', { timeout: 20_000 }, async () => {
  await using server = await SimulatedApiServer.start({ historyLimit: 100 });
  const session = connect(server.url, { ca: server.caPem });
  const path = `/api/v1/pods?watch=1&resourceVersion=${server.store.revision}`;
  const stream = session.request({ ':path': path, authorization: `Bearer ${server.adminToken}` });
  stream.pause();
  await server.watches.opened();
  for (let at = 0; at < 2000; at++) {
    server.put(pods, podNamed(`pod-${at}`));
    if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  session.destroy();
  assert.match(text.split('\n').at(-2) ?? '', /^\{"type":"ERROR".*"code":410/);
});

test(
  'it goes away with its connections, and comes back on its port with all it knew',
  { timeout: 10_000 },
  async () => {
    await using server = await SimulatedApiServer.start();
    server.put(pods, podNamed('a'));
    const client = clientOf(server);
    const { port } = server;
    const watch = await client.watch('/api/v1/pods?watch=1&resourceVersion=1');
    await watch.next();
    await server.stopListening();
    await assert.rejects(watch.next());
    client.close();
    await assert.rejects(client.request('/api/v1/pods'));
    await server.listen();
    assert.equal(server.port, port);
    assert.equal((await client.request('/api/v1/namespaces/default/pods/a')).status, 200);
    client.close();
  },
);

test('rights change while it runs, and tokens end', async () => {
  const rule = { verbs: ['list'], apiGroups: [''], resources: ['pods'] };
  await using server = await SimulatedApiServer.start({ users: [{ name: 'bob', token: 'one', rules: [rule] }] });
  const client = clientOf(server, 'one');
  const status = async (token?: string): Promise<number> =>
    (await client.request('/api/v1/pods', token === undefined ? {} : { token })).status;
  assert.equal(await status(), 200);
  server.authorization.set({ name: 'bob', token: 'two', rules: [] });
  assert.deepEqual([await status(), await status('two')], [401, 403]);
  server.authorization.revoke('bob');
  assert.equal(await status('two'), 401);
  client.close();
});

test('its kubeconfig can be read by the client library, with a token and with a certificate', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await using server = await SimulatedApiServer.start();
  const file = server.writeKubeconfig(path.join(folder, 'config'), { namespace: 'team', withCertificate: true });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const config = new KubeConfig();
  config.loadFromString(readFileSync(file, 'utf8'));
  assert.equal(config.getCurrentCluster()?.server, server.url);
  assert.equal(config.getContextObject('simulated')?.namespace, 'team');
  const user = config.getCurrentUser();
  const key = Buffer.from(user?.keyData ?? '', 'base64');
  const cert = Buffer.from(user?.certData ?? '', 'base64');
  const session = connect(server.url, { ca: server.caPem, key, cert });
  const stream = session.request({ ':path': '/api/v1/pods' });
  const [answered] = (await once(stream, 'response')) as [IncomingHttpStatusHeader];
  session.destroy();
  assert.equal(answered[':status'], 200);
  config.loadFromString(server.kubeconfig());
  assert.equal(config.getCurrentUser()?.token, server.adminToken);
});

test('a certificate can be expired, of other hosts, or of another authority', async () => {
  const attempts = [
    { options: { certificateNotAfterMs: Date.now() - 1000 }, code: 'CERT_HAS_EXPIRED' },
    { options: { certificateHosts: ['elsewhere.example'] }, code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  ];
  for (const { options, code } of attempts) {
    await using server = await SimulatedApiServer.start(options);
    await assert.rejects(clientHandshake(server, server.caPem), { code });
  }
  await using server = await SimulatedApiServer.start();
  await using stranger = await SimulatedApiServer.start();
  await assert.rejects(clientHandshake(server, stranger.caPem));
  const issued = stranger.authority.issue({ commonName: 'x', usage: 'server', hosts: ['127.0.0.1'] });
  server.useCertificate(issued);
  await clientHandshake(server, stranger.caPem);
});

test('bookmarks and time-outs keep the time of the clock it is given', { timeout: 10_000 }, async () => {
  const clock = new ManualClock(Date.now());
  await using server = await SimulatedApiServer.start({ clock });
  const client = clientOf(server);
  const watch = await client.watch('/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=150');
  await clock.advance(60_000);
  assert.equal((await watch.next())?.type, 'BOOKMARK');
  server.ensureNamespace('later');
  await clock.advance(60_000);
  const bookmark = await watch.next();
  assert.equal(bookmark?.object.metadata.resourceVersion, String(server.store.revision));
  await clock.advance(28_000);
  assert.equal((await watch.next())?.type, 'BOOKMARK', 'the last one, two seconds before the end');
  await clock.advance(2000);
  assert.equal(await watch.next(), undefined);
  client.close();
  assert.equal(clock.pendingTimers, 0);
});

test('a namespace is deleted with all that is in it, in the order its controller keeps', async () => {
  await using server = await SimulatedApiServer.start();
  const seen: string[] = [];
  server.put(pods, podNamed('a', 'team'));
  server.store.onCommit((definition, { type, object }) => seen.push(`${type} ${definition.resource} ${object.name}`));
  server.deleteNamespace('team');
  assert.deepEqual(seen, ['MODIFIED namespaces team', 'DELETED pods a', 'DELETED namespaces team']);
  assert.equal(server.store.get(namespaces, 'team'), undefined);
});

test('it speaks plain HTTP where it is told to', async () => {
  await using server = await SimulatedApiServer.start({ tls: false });
  const answer = await fetch(`${server.url}/api/v1/pods`, {
    headers: { authorization: `Bearer ${server.adminToken}` },
  });
  assert.equal(((await answer.json()) as { kind: string }).kind, 'PodList');
  assert.doesNotMatch(server.kubeconfig(), /certificate-authority/);
});

test('resources of a test are served, found by discovery, and refused in protobuf', async () => {
  const widgets = defineResource({ group: 'example.com', version: 'v1alpha1', resource: 'widgets', kind: 'Widget' });
  await using server = await SimulatedApiServer.start({ resources: [widgets] });
  server.put(widgets, { metadata: { name: 'a', namespace: 'team' }, spec: { size: 3 } });
  const client = clientOf(server);
  const list = await client.request('/apis/example.com/v1alpha1/widgets');
  assert.equal(list.json.kind, 'WidgetList');
  assert.deepEqual(list.json.items[0].spec, { size: 3 });
  const groups = await client.request('/apis');
  assert.match(groups.text, /"groupVersion":"example\.com\/v1alpha1"/);
  assert.match((await client.request('/apis/example.com/v1alpha1')).text, /"kind":"Widget"/);
  const protobuf = { accept: 'application/vnd.kubernetes.protobuf' };
  assert.equal((await client.request('/apis/example.com/v1alpha1/widgets', protobuf)).status, 406);
  client.close();
});

test('large lists are compressed for whoever accepts it', async () => {
  await using server = await SimulatedApiServer.start();
  for (let at = 0; at < 200; at++) server.put(pods, podNamed(`pod-${at}`));
  const client = clientOf(server);
  const plain = await client.request('/api/v1/pods');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(plain.json.items.length, 200);
  const zipped = await client.request('/api/v1/pods', { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(zipped.headers['content-encoding'], 'gzip');
  assert.ok(zipped.text.length < plain.text.length / 4);
  client.close();
});

/** Connects and trusts this authority alone; rejects where that can't be. */
function clientHandshake(server: SimulatedApiServer, ca: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = connect(server.url, { ca });
    session.once('error', reject);
    session.once('connect', () => {
      session.destroy();
      resolve();
    });
  });
}
