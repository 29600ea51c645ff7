import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { ANSWER_BYTES } from '../../../internal/platform/limits.ts';
import { guardedLookup, planeUrlPolicy } from '../../../internal/platform/url-guard.ts';
import { ask, clientFor, named, type ClientRig } from '../../support/plane-rig.ts';
import { startProxyStub } from '../../support/proxy-stub.ts';
import { startScriptedIngress, type Fault, type ScriptedIngress } from '../../support/scripted-ingress.ts';

const TIMEOUT_MS = 150;
const events = ['ProjectService', 'c', 'onPodEvents'];

async function rig(
  t: TestContext,
): Promise<ClientRig & { ingress: ScriptedIngress; post: (key?: string) => ReturnType<typeof ask> }> {
  const ingress = await startScriptedIngress();
  const client = clientFor(ingress.url, { timeoutMs: TIMEOUT_MS });
  t.after(async () => {
    await client.client.close();
    await ingress.stop();
  });
  return { ...client, ingress, post: (key = 'k') => ask(client.client, events, { body: [], key }) };
}

const html = { 'content-type': 'text/html' };
const faults: readonly (readonly [string, Fault, string])[] = [
  ['gives no headers', { kind: 'hang' }, 'retry timeout same'],
  ['gives headers and no body', { kind: 'hang-in-body' }, 'retry timeout same'],
  ['gives a byte now and then', { kind: 'drip', everyMs: 20 }, 'retry timeout same'],
  ['gives a gigabyte', { kind: 'flood' }, 'retry unexpected-answer same'],
  ['cuts the connection', { kind: 'reset' }, 'retry network same'],
  ['cuts the connection after it did the work', { kind: 'lose-answer' }, 'retry network same'],
  ['speaks no HTTP', { kind: 'garbage' }, 'retry network same'],
  ['gives a page', { kind: 'answer', status: 200, headers: html, body: '<html></html>' }, 'refused not-the-plane'],
  ['gives nothing but a 200', { kind: 'answer', status: 200 }, 'retry unexpected-answer same'],
  ['asks for credentials', { kind: 'answer', status: 401 }, 'refused unauthorized'],
  ['does not know the path', { kind: 'answer', status: 404 }, 'refused not-registered'],
  ['does not know the method', { kind: 'answer', status: 405 }, 'refused not-registered'],
  ['is overloaded', { kind: 'answer', status: 503, headers: { 'retry-after': '1' } }, 'retry ingress-busy same'],
  [
    'is a gateway without a plane',
    { kind: 'answer', status: 502, headers: html, body: '<html>' },
    'retry ingress-error same',
  ],
];

describe('a plane that', () => {
  for (const [what, fault, expected] of faults) {
    test(`${what} comes to: ${expected}; and the next call is good again`, async (t) => {
      const { ingress, post } = await rig(t);
      ingress.next(fault);
      const startedMs = performance.now();
      assert.equal(named((await post('first')).outcome), expected);
      assert.ok(performance.now() - startedMs < TIMEOUT_MS * 4);
      assert.equal(named((await post('second')).outcome), 'accepted executed');
    });
  }

  test('redirects is not followed', async (t) => {
    const { ingress, post } = await rig(t);
    for (const status of [301, 302, 303, 307, 308]) {
      ingress.next({ kind: 'answer', status, headers: { location: `${ingress.url}/ProjectService/c/onPodEvents` } });
      assert.equal(named((await post()).outcome), 'refused redirected');
    }
    assert.deepEqual([ingress.requests.length, ingress.executed.length], [5, 0]);
  });

  test('hangs costs at most four connections and no memory, however often it is tried', async (t) => {
    const { ingress, post } = await rig(t);
    ingress.always({ kind: 'hang' });
    for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 10 }, () => post()));
    assert.ok(ingress.mostSockets() <= 4, `${ingress.mostSockets()} connections`);
  });

  test('gives a gigabyte is read no further than the bound and what was on its way', async (t) => {
    const { ingress, post } = await rig(t);
    ingress.next({ kind: 'flood' });
    const { body } = await post();
    assert.equal(body.length, ANSWER_BYTES);
    assert.ok(ingress.bytesFlooded() < 32 * 1024 * 1024, `${ingress.bytesFlooded()} bytes`);
  });

  test('cuts the connection under a body that is too large for it is asked, and not taken for a broken network', async (t) => {
    const { ingress, client } = await rig(t);
    ingress.always({ kind: 'refuse-body' });
    const large = { body: 'x'.repeat(300_000), key: 'k' };
    assert.equal(named((await ask(client, events, large)).outcome), 'split too-large');
    assert.equal(named((await ask(client, events, { body: [], key: 'k' })).outcome), 'retry network same');
  });

  test('cuts the connection under a large body that it would take is a broken network', async (t) => {
    const { ingress, client } = await rig(t);
    ingress.next({ kind: 'reset' });
    const large = { body: 'x'.repeat(300_000), key: 'k' };
    assert.equal(named((await ask(client, events, large)).outcome), 'retry network same');
    assert.deepEqual([ingress.requests.length, ingress.executed.length], [2, 0]);
    await ingress.stop();
    assert.equal(named((await ask(client, events, large)).outcome), 'retry network same');
  });

  test('loses its answer after the work is done does it once, for the key is the same', async (t) => {
    const { ingress, post } = await rig(t);
    ingress.next({ kind: 'lose-answer' }, { kind: 'lose-answer' });
    for (let attempt = 0; attempt < 3; attempt++) await post();
    assert.deepEqual([ingress.requests.length, ingress.executed.length], [3, 1]);
  });
});

describe('a plane behind a proxy', () => {
  test('is reached through its tunnel, under its own name, on connections that are kept', async (t) => {
    const ingress = await startScriptedIngress();
    await using proxy = await startProxyStub({ kind: 'http' });
    const { client } = clientFor(ingress.url, { proxy: `http://user:pass@127.0.0.1:${proxy.port}` });
    t.after(async () => {
      await client.close();
      await ingress.stop();
    });
    for (let call = 0; call < 3; call++) {
      assert.equal(named((await ask(client, events, { body: [], key: `k${call}` })).outcome), 'accepted executed');
    }
    assert.deepEqual([...new Set(proxy.targets)], [new URL(ingress.url).host]);
    assert.ok(proxy.targets.length <= 2);
    assert.match(proxy.heads.join(), /^CONNECT .*proxy-authorization: Basic dXNlcjpwYXNz/is);
  });

  test('whose proxy refuses or is silent is not reached: the batch is kept', async (t) => {
    for (const [behaviour, expected] of [
      ['refuses', 'retry network same'],
      ['silent', 'retry timeout same'],
    ] as const) {
      await using proxy = await startProxyStub({ kind: 'http', behaviour });
      const options = { proxy: `http://127.0.0.1:${proxy.port}`, timeoutMs: 500 };
      const { client } = clientFor('http://plane.example', options);
      t.after(() => client.close());
      assert.equal(named((await ask(client, events, { body: [], key: 'k' })).outcome), expected);
    }
  });
});

describe('a call', () => {
  test('that nobody listens to comes to: retry network', async (t) => {
    const { ingress, post } = await rig(t);
    await ingress.stop();
    const { outcome } = await post();
    assert.equal(named(outcome), 'retry network same');
    assert.ok('detail' in outcome && outcome.detail.includes('ECONNREFUSED'));
  });

  test('to a name that does not exist comes to: retry network', async (t) => {
    const { client } = clientFor('http://plane.invalid');
    t.after(() => client.close());
    assert.equal(named((await ask(client, events, { body: [] })).outcome), 'retry network same');
  });

  test('to a name whose address may not be called says why', async (t) => {
    const metadata = ((_name: string, _options: unknown, done: (e: null, a: object[]) => void) =>
      done(null, [{ address: '169.254.169.254', family: 4 }])) as never;
    const { client } = clientFor('http://plane.example', { lookup: guardedLookup(planeUrlPolicy, metadata) });
    t.after(() => client.close());
    const { outcome } = await ask(client, events, { body: [] });
    assert.ok('detail' in outcome && outcome.detail.startsWith('URL_REFUSED'));
  });

  test('ends at once when it is told to stop', async (t) => {
    const { ingress, client } = await rig(t);
    ingress.next({ kind: 'hang' });
    const stopping = new AbortController();
    const calling = client.call({ target: events, body: Buffer.from('[]') }, stopping.signal);
    while (ingress.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();
    assert.deepEqual(await calling, { kind: 'failure', cause: 'stopped', detail: 'we were asked to stop' });
  });

  test('carries who we are, JSON, its key, and no credentials where none are configured', async (t) => {
    const { ingress, post } = await rig(t);
    await post('the-key');
    const headers = ingress.requests[0]?.headers ?? {};
    assert.equal(headers['idempotency-key'], 'the-key');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['user-agent'], 'watcher/test');
    assert.equal('authorization' in headers, false);
    assert.equal('accept-encoding' in headers, false);
  });

  test('is told to the observer with its status or why there was none', async (t) => {
    const { ingress, post, observer } = await rig(t);
    ingress.next({ kind: 'answer', status: 503 }, { kind: 'reset' }, { kind: 'hang' });
    for (let index = 0; index < 4; index++) await post();
    assert.deepEqual(
      observer.requests.map(({ code }) => code),
      ['503', 'network', 'timeout', '200'],
    );
    assert.ok(observer.requests.every(({ handler, durationMs }) => handler === 'onPodEvents' && durationMs >= 0));
  });

  test('after close comes to: retry network', async (t) => {
    const { client, post } = await rig(t);
    await post();
    await client.close();
    assert.equal(named((await post()).outcome), 'retry network same');
  });
});
