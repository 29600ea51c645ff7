import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../internal/platform/clock.ts';
import { buildDebug, isBearer, secondsOf } from '../../../internal/server/debug.ts';
import { listen } from '../../../internal/server/http.ts';

async function serve(t: TestContext, token?: string): Promise<string> {
  const app = buildDebug({ clock: systemClock(), token: token === undefined ? undefined : () => token });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}/debug/pprof`;
}

describe('the debug listener', () => {
  test('takes a CPU profile', async (t) => {
    const profile = (await (await fetch(`${await serve(t)}/profile?seconds=0.05`)).json()) as { nodes: unknown[] };
    assert.ok(profile.nodes.length > 0);
  });

  test('takes a heap profile', async (t) => {
    const profile = (await (await fetch(`${await serve(t)}/heap?seconds=0.05`)).json()) as { head: unknown };
    assert.ok(profile.head);
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

test('an empty token admits nobody', () => {
  assert.equal(isBearer('Bearer ', ''), false);
});

test('the length of a profile is bounded and falls back to its default', () => {
  assert.deepEqual(
    [undefined, '5', '1e9', '-1', 'x', 'NaN'].map((text) => secondsOf(text, 10)),
    [10, 5, 120, 10, 10, 10],
  );
});
