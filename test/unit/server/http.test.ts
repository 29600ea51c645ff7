import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import type { HealthCheck } from '../../../internal/server/health.ts';
import { buildHttp, listen } from '../../../internal/server/http.ts';

const check = (ok: boolean, required = true): HealthCheck => ({ name: 'watch', ok, required, detail: { ageMs: 1 } });

async function serve(t: TestContext, ready: readonly HealthCheck[]): Promise<string> {
  const app = buildHttp({ live: () => [check(true)], ready: () => ready }, createMetrics());
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

describe('the open listener', () => {
  test('answers its probes with the detail of each check as JSON', async (t) => {
    const answer = await fetch(`${await serve(t, [check(true)])}/readyz`);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: 'ok', checks: { watch: { ok: true, detail: { ageMs: 1 } } } });
  });

  test('is unready when a required check fails, and only then', async (t) => {
    assert.equal((await fetch(`${await serve(t, [check(false)])}/readyz`)).status, 503);
    assert.equal((await fetch(`${await serve(t, [check(false, false)])}/readyz`)).status, 200);
  });

  test('stays live while it is unready', async (t) => {
    const url = await serve(t, [check(false)]);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
  });

  test('serves metrics to HEAD and GET', async (t) => {
    const url = await serve(t, []);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /# HELP watcher_queue_depth/);
    assert.equal((await fetch(`${url}/metrics`, { method: 'HEAD' })).status, 200);
  });

  const refused: readonly [name: string, path: string, init: RequestInit, status: number][] = [
    ['an unknown path', '/status', {}, 404],
    ['profiles', '/debug/pprof/heap', {}, 404],
    ['another method', '/metrics', { method: 'POST' }, 404],
    ['a URL of 1 MiB', `/${'x'.repeat(5000)}`, {}, 414],
    ['a malformed escape', '/%zz', {}, 400],
  ];
  for (const [name, path, init, status] of refused) {
    test(`refuses ${name} without a stack`, async (t) => {
      const answer = await fetch(`${await serve(t, [])}${path}`, init);
      assert.equal(answer.status, status);
      assert.doesNotMatch(await answer.text(), /at .*\.ts|node_modules/);
    });
  }

  test('says which address is taken and what to do', async (t) => {
    const { port } = new URL(await serve(t, []));
    const app = buildHttp({ live: () => [], ready: () => [] }, createMetrics());
    await assert.rejects(listen(app, { host: '127.0.0.1', port: Number(port) }), { code: 'LISTEN_FAILED' });
  });

  test('drops a client that does not come to the end of its headers', async (t) => {
    const { port } = new URL(await serve(t, []));
    const socket = connect(Number(port), '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nx: '));
    const dripping = setInterval(() => socket.write('y'), 500);
    t.after(() => clearInterval(dripping));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close', { signal: AbortSignal.timeout(30_000) });
    assert.match(text, /^HTTP\/1\.1 408/);
  });

  test('drops connections beyond some hundred, and goes on answering those it has', async (t) => {
    const { port } = new URL(await serve(t, []));
    const sockets = Array.from({ length: 300 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined));
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    const dropped = sockets.map((socket) => once(socket, 'close'));
    await Promise.any(dropped);
    const open = sockets.find((socket) => !socket.destroyed && socket.readyState === 'open');
    assert.ok(open !== undefined);
    open.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    const [answer] = (await once(open, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 200/);
  });

  test('drops a client that sends headers larger than 8 KiB', async (t) => {
    const { port } = new URL(await serve(t, []));
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(`GET /livez HTTP/1.1\r\nx: ${'y'.repeat(9000)}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1\.1 431/);
  });
});
