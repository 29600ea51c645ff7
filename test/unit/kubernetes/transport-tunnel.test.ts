import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dialer } from '../../../internal/kubernetes/transport-dial.ts';
import { Http1Transport } from '../../../internal/kubernetes/transport-http1.ts';
import type { Proxy } from '../../../internal/kubernetes/transport-proxy.ts';
import { systemClock, type Clock } from '../../../internal/platform/clock.ts';
import { startApiStub } from '../../support/api-stub.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { CertificateAuthority } from '../../support/simulated-apiserver/x509.ts';
import { startProxyStub, type ProxyStub, type ProxyStubOptions } from '../../support/proxy-stub.ts';

const authority = new CertificateAuthority(Date.now());
const certificate = authority.issue({ commonName: 'server', usage: 'server', hosts: ['127.0.0.1'] });

/** Asks a TLS server behind the proxy; resolves to the status. */
async function ask(
  options: ProxyStubOptions,
  then: (asked: Promise<number>, proxy: ProxyStub, port: number) => Promise<void>,
  extra: { login?: Proxy['login']; kind?: Proxy['kind']; clock?: Clock } = {},
): Promise<void> {
  await using server = await startApiStub((_request, response) => void response.end('behind'), certificate);
  await using stub = await startProxyStub(options);
  const proxy: Proxy = {
    kind: extra.kind ?? options.kind,
    host: '127.0.0.1',
    port: stub.port,
    login: extra.login,
  };
  const tls = {
    ca: Buffer.from(authority.certificatePem),
    cert: undefined,
    key: undefined,
    serverName: undefined,
    rejectUnauthorized: true,
  };
  const clock = extra.clock ?? systemClock();
  const dial = dialer({ host: '127.0.0.1', port: server.port, tls, proxy }, clock);
  const transport = new Http1Transport({ server: server.url, clock, userAgent: 'test', dial });
  try {
    const asked = transport.request({ method: 'GET', path: '/' }, { timeoutMs: 60_000 });
    await then(
      asked.then((answer) => answer.status),
      stub,
      server.port,
    );
  } finally {
    await transport.close();
  }
}

describe('a tunnel through a proxy', () => {
  test('CONNECT carries TLS to the server, and the login where there is one', () =>
    ask(
      { kind: 'http' },
      async (asked, proxy, port) => {
        assert.equal(await asked, 200);
        assert.deepEqual(proxy.targets, [`127.0.0.1:${port}`]);
        assert.match(proxy.heads[0] ?? '', /\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n/);
      },
      { login: { user: 'me', password: 'secret' } },
    ));

  test('SOCKS5 does the same, without login and with one', async () => {
    await ask({ kind: 'socks5' }, async (asked) => assert.equal(await asked, 200));
    const login = { user: 'me', password: 'secret' };
    await ask({ kind: 'socks5', login }, async (asked) => assert.equal(await asked, 200), { login });
  });

  test('a refusal is PROXY_FAILED and names what was refused', async () => {
    await ask({ kind: 'http', behaviour: 'refuses' }, (asked, _proxy, port) =>
      assert.rejects(asked, { code: 'PROXY_FAILED', detail: `CONNECT 127.0.0.1:${port} answered 407` }),
    );
    await ask({ kind: 'socks5', behaviour: 'refuses' }, (asked) => assert.rejects(asked, { code: 'PROXY_FAILED' }));
    const login = { user: 'me', password: 'secret' };
    await ask({ kind: 'socks5', login }, (asked) => assert.rejects(asked, { code: 'PROXY_FAILED' }), {
      login: { user: 'me', password: 'wrong' },
    });
    await ask({ kind: 'socks5', login }, (asked) => assert.rejects(asked, { code: 'PROXY_FAILED' }));
  });

  test('a proxy that hangs up or talks without end is PROXY_FAILED', async () => {
    for (const behaviour of ['hangs-up', 'babbles'] as const) {
      await ask({ kind: 'http', behaviour }, (asked) => assert.rejects(asked, { code: 'PROXY_FAILED' }));
      await ask({ kind: 'socks5', behaviour }, (asked) => assert.rejects(asked, { code: 'PROXY_FAILED' }));
    }
  });

  test('a proxy that says nothing is given up after 15 s', async () => {
    const clock = new ManualClock();
    await ask(
      { kind: 'http', behaviour: 'silent' },
      async (asked, proxy) => {
        const refused = assert.rejects(asked, { code: 'API_UNREACHABLE' });
        while (proxy.heads.length === 0) await clock.advance(0);
        await clock.advance(15_000);
        await refused;
      },
      { clock },
    );
  });

  test('an https proxy is checked against the usual authorities', () =>
    ask({ kind: 'http', tls: certificate }, (asked) => assert.rejects(asked, { code: 'API_TLS' }), { kind: 'https' }));
});
