import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { isBearer, isLoopbackName } from '../../../internal/server/debug.ts';
import { serveDebug } from '../../support/debug-listener.ts';
import { statusExample } from '../../support/status-example.ts';

const serve = (t: TestContext, token?: string): Promise<string> => serveDebug(t, { token });

describe('the debug listener', () => {
  test('shows the status as a page that may load nothing, and the same as JSON', async (t) => {
    const base = (await serve(t)).replace('/debug/pprof', '');
    const page = await fetch(base);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.match(await page.text(), /prod-eu-1/);
    assert.deepEqual(await (await fetch(`${base}/status`)).json(), JSON.parse(JSON.stringify(statusExample)));
  });

  test('lets nobody in without the token where one is set', async (t) => {
    const url = await serve(t, 'canary');
    assert.equal((await fetch(`${url}/`)).status, 401);
    assert.equal((await fetch(`${url}/`, { headers: { authorization: 'Bearer nope' } })).status, 401);
    assert.equal((await fetch(`${url}/`, { headers: { authorization: 'Bearer canary' } })).status, 200);
  });

  test('lets nobody guess what kind of thing an answer is, or load it into a page of another', async (t) => {
    for (const path of ['/debug/pprof/', '/status', '/', '/nothing']) {
      const { headers } = await fetch(new URL(path, await serve(t)));
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path);
    }
  });

  test('waits for no body that does not come, though it has time for a long profile', async (t) => {
    const { port } = new URL(await serve(t));
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(60_000) })) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 408/);
  });
});

test('without a token only names of loopback are answered to: a web page can lead any other name here', async (t) => {
  const { port, origin } = new URL(await serve(t));
  const statusFor = (host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(`${origin}/status`, { headers: { host }, agent: false }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      }).on('error', reject);
    });
  for (const host of [`127.0.0.1:${port}`, 'localhost:6060', 'LOCALHOST', '[::1]:6060']) {
    assert.equal(await statusFor(host), 200, host);
  }
  for (const host of ['rebound.example.com', `localhost.example.com:${port}`, '10.0.0.1', 'a b']) {
    assert.equal(await statusFor(host), 421, host);
  }
  assert.equal(isLoopbackName(undefined), false);
});

test('an empty token admits nobody', () => {
  assert.equal(isBearer('Bearer ', ''), false);
});
