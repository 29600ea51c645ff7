/** A URL of remote settings that has turned against us: nothing is unpacked, nothing is followed, and no address behind its name. */
import assert from 'node:assert/strict';
import type { lookup as systemLookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../../internal/platform/clock.ts';
import { ANSWER_BYTES } from '../../../internal/platform/limits.ts';
import { guardedLookup, remoteConfigUrlPolicy } from '../../../internal/platform/url-guard.ts';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import { settingsFromUrl } from '../../../internal/restate/settings-source.ts';

const BOMB_BYTES = 64 * 1024 * 1024;

async function serve(t: TestContext, answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const fetchFrom = (url: string, lookup = guardedLookup(remoteConfigUrlPolicy)): Promise<Exchange> =>
  settingsFromUrl({ url: new URL(url), agentVersion: '1', timeoutMs: 10_000, clock: systemClock(), lookup })(
    new AbortController().signal,
  );

test('what is packed is asked for unpacked, and not unpacked if it comes all the same', async (t) => {
  const bomb = gzipSync(Buffer.alloc(BOMB_BYTES, ' '));
  let accepted: string | undefined;
  const port = await serve(t, (request, response) => {
    accepted = request.headers['accept-encoding'];
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
  });
  const answer = await fetchFrom(`http://127.0.0.1:${port}/`);
  assert.equal(accepted, undefined);
  assert.ok(answer.kind === 'answer' && answer.body.length <= ANSWER_BYTES);
  assert.throws(() => JSON.parse(answer.body) as unknown, SyntaxError);
});

test('10 MiB are read as far as settings may be long, and said to be cut', async (t) => {
  const port = await serve(t, (_request, response) => response.end(Buffer.alloc(10 * 1024 * 1024, '[')));
  const answer = await fetchFrom(`http://127.0.0.1:${port}/`);
  assert.ok(answer.kind === 'answer' && answer.isBodyCut);
  assert.equal(answer.body.length, ANSWER_BYTES);
});

test('a name that has come to mean the address of a metadata service is not connected to', async () => {
  const rebound = ((_name: string, _options: unknown, callback: (error: null, found: object[]) => void) =>
    callback(null, [{ address: '169.254.169.254', family: 4 }])) as unknown as typeof systemLookup;
  const answer = await fetchFrom('http://settings.example.com/', guardedLookup(remoteConfigUrlPolicy, rebound));
  assert.ok(answer.kind === 'failure' && answer.cause === 'network');
  assert.match(answer.detail, /^URL_REFUSED: settings\.example\.com resolves to 169\.254\.169\.254/);
});

test('a chain of redirects ends with the first', async (t) => {
  let requests = 0;
  const port = await serve(t, (request, response) => {
    requests += 1;
    response.writeHead(302, { location: `${request.url ?? ''}x` }).end();
  });
  const answer = await fetchFrom(`http://127.0.0.1:${port}/`);
  assert.ok(answer.kind === 'answer' && answer.status === 302);
  assert.equal(requests, 1);
});
