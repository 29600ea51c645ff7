import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { dialer, type TlsMaterial } from '../../../internal/kubernetes/transport-dial.ts';
import { Http1Transport } from '../../../internal/kubernetes/transport-http1.ts';
import type { ApiRequest, ApiTransport } from '../../../internal/kubernetes/transport.ts';
import { systemClock, type Clock } from '../../../internal/platform/clock.ts';
import { json, startApiStub, type ApiStub, type Handler, type StubTls } from '../../support/api-stub.ts';
import { CertificateAuthority } from '../../support/simulated-apiserver/x509.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const get = (path: string): ApiRequest => ({ method: 'GET', path });
const plainTls: TlsMaterial = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  serverName: undefined,
  rejectUnauthorized: true,
};

function transportTo(url: URL, options: { tls?: Partial<TlsMaterial>; clock?: Clock } = {}): ApiTransport {
  const clock = options.clock ?? systemClock();
  const tls = url.protocol === 'https:' ? { ...plainTls, ...options.tls } : undefined;
  const target = { host: url.hostname, port: Number(url.port), tls, proxy: undefined };
  return new Http1Transport({ server: url, clock, userAgent: 'watcher/test', dial: dialer(target, clock) });
}

async function withStub(
  handler: Handler,
  run: (transport: ApiTransport, stub: ApiStub) => Promise<void>,
  options: { clock?: Clock; stubTls?: StubTls; tls?: Partial<TlsMaterial>; host?: string } = {},
): Promise<void> {
  await using stub = await startApiStub(handler, options.stubTls);
  const url = new URL(stub.url);
  url.hostname = options.host ?? url.hostname;
  const transport = transportTo(url, options);
  try {
    await run(transport, stub);
  } finally {
    await transport.close();
  }
}

const code =
  (expected: string, text = /./) =>
  (error: Error & { code?: string }) =>
    error.code === expected && text.test(error.message);

describe('requests', () => {
  test('an answer of any status is an answer, with its headers and bytes', () =>
    withStub(
      (request, response) => json(response, request.url === '/api' ? 200 : 503, { ok: 1 }, { 'x-a': 'b' }),
      async (transport) => {
        const fine = await transport.request(get('/api'), { timeoutMs: 5000 });
        assert.equal(fine.status, 200);
        assert.equal(fine.headers['x-a'], 'b');
        assert.equal(fine.body.toString(), '{"ok":1}');
        assert.equal((await transport.request(get('/other'), { timeoutMs: 5000 })).status, 503);
      },
    ));

  test('query, body and headers arrive as given, undefined parts of the query left out', async () => {
    let seen = '';
    await withStub(
      (request, response) => {
        request.on('data', (chunk: Buffer) => (seen += chunk.toString()));
        request.on('end', () => json(response, 200, request.headers));
      },
      async (transport, stub) => {
        const request: ApiRequest = {
          method: 'POST',
          path: '/apis/x',
          query: { limit: 5, watch: true, continue: undefined, fieldSelector: 'a=b,c' },
          headers: { 'x-mine': 'yes' },
          body: { name: 'ü' },
        };
        const answer = await transport.request(request, { timeoutMs: 5000 });
        const headers = JSON.parse(answer.body.toString()) as Record<string, string>;
        assert.deepEqual(stub.requests, ['POST /apis/x?limit=5&watch=true&fieldSelector=a%3Db%2Cc']);
        assert.equal(seen, '{"name":"ü"}');
        assert.equal(headers['x-mine'], 'yes');
        assert.equal(headers['user-agent'], 'watcher/test');
        assert.equal(headers['content-type'], 'application/json');
        assert.equal(headers['host'], stub.url.host);
      },
    );
  });

  test('a server that is not there is API_UNREACHABLE, named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const transport = transportTo(new URL(`http://127.0.0.1:${port}`));
    const named = new RegExp(`GET /api at http://127.0.0.1:${port}: .*ECONNREFUSED`);
    await assert.rejects(transport.request(get('/api'), { timeoutMs: 5000 }), code('API_UNREACHABLE', named));
    await transport.close();
  });

  test('a server that never answers is API_TIMEOUT after exactly the time allowed', async () => {
    const clock = new ManualClock();
    const arrived = Promise.withResolvers<undefined>();
    await withStub(
      () => arrived.resolve(undefined),
      async (transport) => {
        const asked = transport.request(get('/api'), { timeoutMs: 5000 });
        const refused = assert.rejects(asked, code('API_TIMEOUT'));
        await arrived.promise;
        await clock.advance(5000);
        await refused;
        assert.equal(clock.pendingTimers, 0);
      },
      { clock },
    );
  });

  test('a body that stops half way is API_TIMEOUT, too', async () => {
    const clock = new ManualClock();
    await withStub(
      (_request, response) => void response.writeHead(200).write('half'),
      async (transport, stub) => {
        const refused = assert.rejects(transport.request(get('/'), { timeoutMs: 5000 }), code('API_TIMEOUT'));
        while (stub.requests.length === 0) await clock.advance(0);
        await clock.advance(5000);
        await refused;
      },
      { clock },
    );
  });

  test('an answer larger than allowed is API_ANSWER_TOO_LARGE, and the rest is not read', () =>
    withStub(
      (_request, response) => void response.end(Buffer.alloc(1000)),
      async (transport) => {
        const asked = transport.request(get('/'), { timeoutMs: 5000, maxBytes: 999 });
        await assert.rejects(asked, code('API_ANSWER_TOO_LARGE'));
        assert.equal((await transport.request(get('/'), { timeoutMs: 5000, maxBytes: 1000 })).body.length, 1000);
      },
    ));

  test('an aborted request rejects with the reason of its signal', () =>
    withStub(
      () => undefined,
      async (transport) => {
        const reason = new Error('enough');
        await assert.rejects(
          transport.request(get('/'), { timeoutMs: 5000, signal: AbortSignal.abort(reason) }),
          reason,
        );
        const controller = new AbortController();
        const asked = transport.request(get('/'), { timeoutMs: 5000, signal: controller.signal });
        setImmediate(() => controller.abort(reason));
        await assert.rejects(asked, reason);
      },
    ));

  test('a kept connection which the server closes as we write is replaced, once, for a GET', () =>
    withStub(
      (request, response) => {
        if (request.url === '/last') response.on('finish', () => setImmediate(() => request.socket.resetAndDestroy()));
        response.setHeader('connection', 'keep-alive').end('x');
      },
      async (transport, stub) => {
        for (let round = 0; round < 20; round++) {
          await transport.request(get('/last'), { timeoutMs: 5000 });
          const answer = await transport.request(get('/next'), { timeoutMs: 5000 });
          assert.equal(answer.status, 200);
        }
        assert.ok(stub.requests.length >= 40);
      },
    ));

  test('after one answer that never came the next request takes a new connection, not another old one', async () => {
    const clock = new ManualClock();
    const old = new Set<Socket>();
    await withStub(
      (request, response) => {
        if (!old.has(request.socket)) setImmediate(() => response.end('x'));
      },
      async (transport, stub) => {
        const ask = (): Promise<{ status: number }> => transport.request(get('/'), { timeoutMs: 5000 });
        await Promise.all([ask(), ask(), ask()]);
        for (const socket of stub.sockets) old.add(socket);
        const before = stub.requests.length;
        const late = assert.rejects(ask(), code('API_TIMEOUT'));
        while (stub.requests.length === before) await clock.advance(0);
        await clock.advance(5000);
        await late;
        assert.equal((await ask()).status, 200);
      },
      { clock },
    );
  });

  test('requests one after the other share a connection', () =>
    withStub(
      (_request, response) => void response.end('x'),
      async (transport, stub) => {
        for (let round = 0; round < 5; round++) await transport.request(get('/'), { timeoutMs: 5000 });
        assert.equal(stub.accepted(), 1);
      },
    ));

  test('close ends what is running, lets go of every socket and refuses what comes later', () =>
    withStub(
      () => undefined,
      async (transport, stub) => {
        const asked = transport.request(get('/'), { timeoutMs: 60_000 });
        const refused = assert.rejects(asked, code('API_UNREACHABLE'));
        while (stub.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
        await transport.close();
        await refused;
        while (stub.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
        await assert.rejects(transport.request(get('/'), { timeoutMs: 1000 }), code('API_UNREACHABLE'));
        await assert.rejects(transport.stream(get('/'), { headersTimeoutMs: 1000 }), code('API_UNREACHABLE'));
      },
    ));
});

describe('TLS', () => {
  const authority = new CertificateAuthority(Date.now());
  const server = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1'] });
  const ca = Buffer.from(authority.certificatePem);
  const hello: Handler = (_request, response) => void response.end('hello');
  const refused = (run: Parameters<typeof withStub>[2], text?: RegExp): Promise<void> =>
    withStub(
      hello,
      (transport) => assert.rejects(transport.request(get('/'), { timeoutMs: 5000 }), code('API_TLS', text)),
      run,
    );
  const accepted = (run: Parameters<typeof withStub>[2]): Promise<void> =>
    withStub(
      hello,
      async (transport) => assert.equal((await transport.request(get('/'), { timeoutMs: 5000 })).status, 200),
      run,
    );

  test('a server of the right authority is trusted, one of another is API_TLS', async () => {
    await accepted({ stubTls: server, tls: { ca } });
    await refused({ stubTls: server, tls: { ca: Buffer.from(new CertificateAuthority(Date.now()).certificatePem) } });
    await refused({ stubTls: server });
  });

  test('a certificate for another name is API_TLS, unless tls-server-name asks for that name', async () => {
    const other = authority.issue({ commonName: 'other', usage: 'server', hosts: ['api.example.com'] });
    await refused({ stubTls: other, tls: { ca } });
    await accepted({ stubTls: other, tls: { ca, serverName: 'api.example.com' } });
    await refused({ stubTls: other, tls: { ca, serverName: 'api.example.org' } });
  });

  test('insecure-skip-tls-verify trusts anybody', () =>
    accepted({ stubTls: server, tls: { rejectUnauthorized: false } }));

  test('an expired certificate is API_TLS and says so', () => {
    const expired = authority.issue({
      commonName: 'x',
      usage: 'server',
      hosts: ['127.0.0.1'],
      notBeforeMs: 0,
      notAfterMs: Date.parse('2021-01-01'),
    });
    return refused({ stubTls: expired, tls: { ca } }, /expired/i);
  });

  test('a client certificate is shown where there is one; without it the server refuses', async () => {
    const client = authority.issue({ commonName: 'agent', usage: 'client' });
    const stubTls = { ...server, clientCa: authority.certificatePem };
    await accepted({ stubTls, tls: { ca, cert: Buffer.from(client.certificatePem), key: Buffer.from(client.keyPem) } });
    await refused({ stubTls, tls: { ca } });
  });

  test('a server that speaks no TLS is API_TLS', async () => {
    await using stub = await startApiStub(hello);
    const transport = transportTo(new URL(`https://127.0.0.1:${stub.port}`));
    await assert.rejects(transport.request(get('/'), { timeoutMs: 5000 }), code('API_TLS'));
    await transport.close();
  });

  for (const ask of ['request', 'stream'] as const) {
    test(`a ${ask} keeps its deadline where a server accepts and never speaks TLS`, async () => {
      const clock = new ManualClock();
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
      const { port } = (await once(silent, 'listening').then(() => silent.address())) as AddressInfo;
      const transport = transportTo(new URL(`https://127.0.0.1:${port}`), { clock });
      const arrived = once(silent, 'connection');
      const asked = transport[ask](get('/'), { timeoutMs: 300, headersTimeoutMs: 300 });
      const refused = assert.rejects(asked, code('API_TIMEOUT'));
      await arrived;
      await clock.advance(300);
      await refused;
      await transport.close();
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
  }

  test('a CA that is no certificate is API_TLS before anything is sent', () => {
    assert.throws(
      () =>
        transportTo(new URL('https://127.0.0.1:1'), { tls: { ca: Buffer.from('-----BEGIN CERTIFICATE-----\nx\n') } }),
      code('API_TLS', /certificate-authority/),
    );
  });
});
