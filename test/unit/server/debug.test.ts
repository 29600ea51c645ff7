import assert from 'node:assert/strict';
import { get } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { systemClock } from '../../../internal/platform/clock.ts';
import { buildDebug, isBearer, isLoopbackName, secondsOf } from '../../../internal/server/debug.ts';
import type { Activity } from '../../../internal/server/runtime-activity.ts';
import { Profiler } from '../../../internal/server/profiler.ts';
import { listen } from '../../../internal/server/http.ts';
import { statusExample } from '../../support/status-example.ts';

async function serve(t: TestContext, token?: string): Promise<string> {
  const clock = systemClock();
  const profiler = new Profiler(clock);
  profiler.start();
  const app = buildDebug({
    ...{ clock, profiler, status: () => statusExample, explain: () => ({}), heapSnapshots: token !== undefined },
    token: token === undefined ? undefined : () => token,
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  t.after(async () => {
    await server.close();
    await profiler.stop();
  });
  return `http://127.0.0.1:${server.port}/debug/pprof`;
}

describe('the debug listener', () => {
  test('takes CPU and heap profiles in the format of pprof', async (t) => {
    const url = await serve(t);
    for (const what of ['profile?seconds=0.05', 'heap']) {
      const answer = await fetch(`${url}/${what}`);
      const profile = Profile.decode(gunzipSync(Buffer.from(await answer.arrayBuffer())));
      assert.ok(profile.sampleType.length > 0 && profile.location.length > 0, what);
    }
  });

  test('says what Node waits for and how late its event loop is', async (t) => {
    const told = (await (await fetch(`${await serve(t)}/goroutine`)).json()) as Activity;
    assert.ok(Object.keys(told.active).length > 0);
    assert.ok(told.event_loop.utilization >= 0 && told.event_loop.delay_ms.max >= told.event_loop.delay_ms.p50);
  });

  test('refuses a heap snapshot unless it was switched on, and says how', async (t) => {
    const answer = await fetch(`${await serve(t)}/heapsnapshot`);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /--debug-heap-snapshots=true/);
  });

  test('streams a heap snapshot where it is allowed', async (t) => {
    const headers = { authorization: 'Bearer canary' };
    const answer = await fetch(`${await serve(t, 'canary')}/heapsnapshot`, { headers });
    assert.equal(answer.status, 200);
    const { snapshot } = (await answer.json()) as { snapshot: { node_count: number } };
    assert.ok(snapshot.node_count > 1000);
  });

  test('shows the status as a page that may load nothing, and the same as JSON', async (t) => {
    const base = (await serve(t)).replace('/debug/pprof', '');
    const page = await fetch(base);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.match(await page.text(), /prod-eu-1/);
    assert.deepEqual(await (await fetch(`${base}/status`)).json(), JSON.parse(JSON.stringify(statusExample)));
  });

  test('takes one profile at a time', async (t) => {
    const url = await serve(t);
    const statuses = await Promise.all([0, 1].map(async () => (await fetch(`${url}/profile?seconds=0.2`)).status));
    assert.deepEqual(statuses.sort(), [200, 429]);
  });

  test('lets nobody in without the token where one is set', async (t) => {
    const url = await serve(t, 'canary');
    assert.equal((await fetch(`${url}/`)).status, 401);
    assert.equal((await fetch(`${url}/`, { headers: { authorization: 'Bearer nope' } })).status, 401);
    assert.equal((await fetch(`${url}/`, { headers: { authorization: 'Bearer canary' } })).status, 200);
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

test('the length of a profile is bounded and falls back to its default', () => {
  assert.deepEqual(
    [undefined, '5', '1e9', '-1', 'x', 'NaN'].map((text) => secondsOf(text, 10)),
    [10, 5, 120, 10, 10, 10],
  );
});
