/** A frozen wire is dead in every way, a cut one is reset, and what passes is unchanged. */
import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { ContractClient } from '../../contract/apiserver-client.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';
import { TcpRelay } from '../../support/simulated-apiserver/tcp-relay.ts';

test('requests pass, hang while it is frozen, and pass again', { timeout: 10_000 }, async () => {
  await using server = await SimulatedApiServer.start();
  await using relay = await TcpRelay.start(server);
  const target = { url: `https://127.0.0.1:${relay.port}`, caPem: server.caPem };
  const client = new ContractClient(target, 'HTTP/1.1', server.adminToken);
  assert.equal((await client.request('/readyz')).text, 'ok');
  relay.freeze();
  let isAnswered = false;
  const held = client.request('/readyz').then((answer) => {
    isAnswered = true;
    return answer;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(isAnswered, false);
  assert.equal(server.requests.count, 1);
  relay.thaw();
  assert.equal((await held).text, 'ok');
  client.close();
});

test('behind a frozen relay not even a ping of HTTP/2 is answered', { timeout: 10_000 }, async () => {
  await using server = await SimulatedApiServer.start();
  await using relay = await TcpRelay.start(server);
  const session = connect(`https://127.0.0.1:${relay.port}`, { ca: server.caPem });
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  await new Promise((resolve) => session.ping(resolve));
  relay.freeze();
  let isAnswered = false;
  session.ping((error) => (isAnswered = error === null));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(isAnswered, false);
  assert.equal(session.destroyed, false);
  session.destroy();
});

test('a cut breaks what is open; stopping refuses what is new; the port stays', { timeout: 10_000 }, async () => {
  await using server = await SimulatedApiServer.start();
  await using relay = await TcpRelay.start(server);
  const target = { url: `https://127.0.0.1:${relay.port}`, caPem: server.caPem };
  const client = new ContractClient(target, 'HTTP/1.1', server.adminToken);
  const { port } = relay;
  const watch = await client.watch('/api/v1/pods?watch=1');
  relay.cut();
  await assert.rejects(watch.next());
  await relay.stopListening();
  await assert.rejects(client.request('/readyz'));
  await relay.listen();
  assert.equal(relay.port, port);
  assert.equal((await client.request('/readyz')).status, 200);
  client.close();
});
