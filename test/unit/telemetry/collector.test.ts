import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lookup } from 'node:dns';
import { test } from 'node:test';
import { Collector } from '../../../internal/telemetry/collector.ts';

test('a request that an exporter left behind does not end the process when its connection is cut', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const collector = new Collector({ url, lookup: lookup, proxy: undefined });
  t.after(() => collector.close());
  const visited = once(server, 'connection');
  const left = request(url, { agent: collector.agent, method: 'POST' });
  left.flushHeaders();
  await visited;
  // Not `once`, which would listen for its error.
  const closed = new Promise((resolve) => left.on('close', resolve));
  collector.cut();
  await closed;
});
