/** Every fault the simulated API server can be asked for does what its name says, over both protocols. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ContractClient, type OpenWatch, type Protocol } from '../../contract/apiserver-client.ts';
import type { KubernetesObject } from '../../support/simulated-apiserver/objects.ts';
import { pods } from '../../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';
import { failure } from '../../support/simulated-apiserver/status.ts';

const POD_LIST = { verb: 'list', resource: 'pods' };
const POD_WATCH = { verb: 'watch', resource: 'pods' };
const protocols: readonly Protocol[] = ['HTTP/1.1', 'HTTP/2'];

const podNamed = (name: string): KubernetesObject => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [] },
  status: { phase: 'Running' },
});

/** Runs `body` with a server of two pods and a client, over both protocols. */
function withServer(
  promise: string,
  body: (server: SimulatedApiServer, client: ContractClient) => Promise<void>,
): void {
  for (const protocol of protocols) {
    test(`${promise} (${protocol})`, { timeout: 20_000 }, async () => {
      await using server = await SimulatedApiServer.start();
      for (const name of ['a', 'b']) server.put(pods, podNamed(name));
      const client = new ContractClient(server, protocol, server.adminToken);
      try {
        await body(server, client);
      } finally {
        client.close();
      }
    });
  }
}

const openWatch = (client: ContractClient): Promise<OpenWatch> => client.watch('/api/v1/pods?watch=1');

describe('faults of a request', () => {
  withServer('a status comes with its Retry-After, once, to the request it is meant for', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'status', code: 429, reason: 'TooManyRequests', retryAfter: 7 }, { skip: 1 });
    assert.equal((await client.request('/api/v1/pods')).status, 200);
    assert.equal((await client.request('/api/v1/namespaces')).status, 200);
    const refused = await client.request('/api/v1/pods');
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], '7');
    assert.equal(refused.json.reason, 'TooManyRequests');
    assert.equal((await client.request('/api/v1/pods')).status, 200);
    assert.equal(server.faults.pending, 0);
  });

  withServer('an answer may come from something that is no API server', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'status', code: 502, body: '<html>', contentType: 'text/html' });
    const answer = await client.request('/api/v1/pods');
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [502, '<html>', 'text/html']);
  });

  withServer('a reset takes the connection before a byte of the answer', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'reset' });
    await assert.rejects(client.request('/api/v1/pods'));
    assert.equal((await client.request('/api/v1/pods')).status, 200);
    assert.equal(server.acceptedConnections, 2);
  });

  withServer('a request that hangs is seen and never answered', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'hang' });
    const arrived = server.requests.next(POD_LIST);
    const answer = client.request('/api/v1/pods');
    await arrived;
    const rest = Promise.race([answer.then(() => 'answered'), quiet(200)]);
    assert.equal(await rest, 'quiet');
    answer.catch(() => undefined);
  });

  withServer('the second page of a list can be expired', async (server, client) => {
    const secondPage = { ...POD_LIST, where: ({ query }: { query: URLSearchParams }) => query.has('continue') };
    server.faults.add(secondPage, { kind: 'expired' });
    const first = await client.request('/api/v1/pods?limit=1');
    const second = await client.request(`/api/v1/pods?limit=1&continue=${first.json.metadata.continue ?? ''}`);
    assert.equal(second.status, 410);
    const rest = await client.request(`/api/v1/pods?continue=${second.json.metadata.continue ?? ''}`);
    assert.deepEqual(
      rest.json.items.map((item) => item.metadata.name),
      ['b'],
    );
  });
});

describe('faults of a body', () => {
  withServer('a truncated body ends properly and is broken JSON', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'truncate' });
    const { status, text } = await client.request('/api/v1/pods');
    assert.equal(status, 200);
    assert.match(text, /^\{"kind":"PodList"/);
    assert.throws(() => JSON.parse(text) as unknown);
  });

  withServer('a body that is reset breaks the connection in its middle', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'reset-body', atByte: 20 });
    await assert.rejects(client.request('/api/v1/pods'));
  });

  withServer('a body that stalls keeps the connection', async (server, client) => {
    server.faults.add(POD_LIST, { kind: 'stall-body', atByte: 20 });
    const answer = client.request('/api/v1/pods');
    assert.equal(await Promise.race([answer.then(() => 'answered'), quiet(200)]), 'quiet');
    assert.equal(server.openConnections, 1);
    answer.catch(() => undefined);
  });
});

describe('faults of a watch', () => {
  withServer('a reset in a frame gives whole frames first and half of one', async (server, client) => {
    server.faults.add(POD_WATCH, { kind: 'reset-in-frame', afterFrames: 1 });
    const watch = await openWatch(client);
    assert.equal((await watch.next())?.object.metadata.name, 'a');
    // Half a frame, if it came through at all, is no JSON; then comes the break.
    await assert.rejects(watch.next());
    await assert.rejects(watch.next(), /broke/);
  });

  withServer('an end in a frame leaves half of one', async (server, client) => {
    server.faults.add(POD_WATCH, { kind: 'end-in-frame', afterFrames: 1 });
    const watch = await openWatch(client);
    assert.equal((await watch.next())?.object.metadata.name, 'a');
    await assert.rejects(watch.next(), SyntaxError);
    assert.equal(await watch.next(), undefined);
  });

  withServer('an ended watch ends properly', async (server, client) => {
    server.faults.add(POD_WATCH, { kind: 'end', afterFrames: 1 });
    const watch = await openWatch(client);
    assert.equal((await watch.next())?.object.metadata.name, 'a');
    assert.equal(await watch.next(), undefined);
  });

  withServer('a black hole keeps the connection and says nothing more', async (server, client) => {
    server.faults.add(POD_WATCH, { kind: 'black-hole', afterFrames: 2 });
    const watch = await openWatch(client);
    await watch.next();
    await watch.next();
    server.put(pods, podNamed('c'));
    server.sendBookmarks();
    assert.equal(await Promise.race([watch.next().then(() => 'told'), quiet(200)]), 'quiet');
    assert.equal(server.openConnections, 1);
  });

  withServer('garbage comes between frames, and the watch goes on', async (server, client) => {
    server.faults.add(POD_WATCH, { kind: 'inject', bytes: '}garbage{\n', afterFrames: 1 });
    const watch = await openWatch(client);
    assert.equal((await watch.next())?.object.metadata.name, 'a');
    await assert.rejects(watch.next(), SyntaxError);
    assert.equal((await watch.next())?.object.metadata.name, 'b');
    watch.close();
  });

  withServer('an ERROR event is the last one', async (server, client) => {
    const status = failure(500, 'InternalError', 'etcdserver: request timed out');
    server.faults.add(POD_WATCH, { kind: 'error-event', status, afterFrames: 2 });
    const watch = await openWatch(client);
    await watch.next();
    await watch.next();
    const error = await watch.next();
    assert.equal(error?.type, 'ERROR');
    assert.equal(error.object.code, 500);
    assert.equal(await watch.next(), undefined);
  });

  withServer('a test can break an open watch at the moment it likes', async (server, client) => {
    const watch = await openWatch(client);
    await watch.next();
    await watch.next();
    const open = await server.watches.opened(POD_WATCH);
    open.strike({ kind: 'inject', bytes: '{"type":"STRANGE","object":{}}\n' });
    assert.equal((await watch.next())?.type, 'STRANGE');
    open.fail(failure(410, 'Expired', 'too old resource version: 1 (2)'));
    assert.equal((await watch.next())?.object.code, 410);
    await open.closed;
    assert.deepEqual(server.watches.open(), []);
  });

  withServer('a fault of a stream waits for a watch, one of a body for a list', async (server, client) => {
    server.faults.add({ resource: 'pods' }, { kind: 'end' });
    server.faults.add({ resource: 'pods' }, { kind: 'truncate' });
    assert.throws(() => JSON.parse('{') as unknown);
    const list = await client.request('/api/v1/pods');
    assert.throws(() => JSON.parse(list.text) as unknown);
    const watch = await openWatch(client);
    assert.equal(await watch.next(), undefined);
    assert.equal(server.faults.pending, 0);
  });
});

/** Resolves with `quiet` after some real time: nothing else tells that nothing happens. */
function quiet(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('quiet'), ms));
}
