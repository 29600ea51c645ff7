import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, type Connection } from '../../../internal/kubernetes/connection.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { json, startApiStub, type Handler } from '../../support/api-stub.ts';
import { CertificateAuthority } from '../../support/simulated-apiserver/x509.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'watcher-connection-'));
after(() => rmSync(root, { recursive: true }));
const get = { method: 'GET', path: '/api' } as const;
const limits = { timeoutMs: 5000 };

interface Pod {
  readonly dir: string;
  readonly env: Record<string, string>;
  write(name: string, text: string): void;
}

/** A service account mount, as the kubelet makes it. */
function podAt(port: number, ca: string): Pod {
  const dir = mkdtempSync(join(root, 'pod-'));
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  write('ca.crt', ca);
  write('namespace', 'agents');
  write('token', 'token-1\n');
  return { dir, write, env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) } };
}

const bearer = (request: IncomingMessage): string => request.headers.authorization ?? 'none';

async function inCluster(
  handler: Handler,
  run: (connection: Connection, pod: Pod, clock: ManualClock, seen: string[]) => Promise<void>,
): Promise<void> {
  const authority = new CertificateAuthority(Date.now());
  const certificate = authority.issue({ commonName: 'api', usage: 'server', hosts: ['127.0.0.1'] });
  const seen: string[] = [];
  await using stub = await startApiStub((request, response) => {
    seen.push(bearer(request));
    handler(request, response);
  }, certificate);
  const pod = podAt(stub.port, authority.certificatePem);
  const clock = new ManualClock();
  const settings = { env: pod.env, qps: 0, burst: 0, userAgent: 'test', serviceAccountDir: pod.dir };
  const connection = connect(settings, { clock, logger: silentLogger() });
  try {
    await run(connection, pod, clock, seen);
  } finally {
    await connection.close();
  }
}

const accepts =
  (token: () => string): Handler =>
  (request, response) =>
    json(response, bearer(request) === `Bearer ${token()}` ? 200 : 401, {});

describe('inside a cluster', () => {
  test("the pod's token, CA and namespace are used, and described without the token", () =>
    inCluster(
      accepts(() => 'token-1'),
      async (connection, pod) => {
        assert.equal((await connection.transport.request(get, limits)).status, 200);
        assert.equal(connection.namespace, 'agents');
        assert.equal(connection.isInCluster, true);
        const server = `https://127.0.0.1:${pod.env['KUBERNETES_SERVICE_PORT'] ?? ''}`;
        assert.deepEqual(connection.describe(), {
          server,
          source: 'in-cluster',
          context: undefined,
          auth: 'service-account-token',
          namespace: 'agents',
          proxy: 'none (none-configured)',
        });
      },
    ));

  test('a rotated token is used within ten seconds, and at once where the server refuses the old one', () => {
    let accepted = 'token-1';
    return inCluster(
      accepts(() => accepted),
      async (connection, pod, clock, seen) => {
        await connection.transport.request(get, limits);
        pod.write('token', 'token-2');
        await clock.advance(10_000);
        accepted = 'token-2';
        assert.equal((await connection.transport.request(get, limits)).status, 200);
        assert.deepEqual(seen, ['Bearer token-1', 'Bearer token-2']);
        accepted = 'token-3';
        pod.write('token', 'token-3');
        assert.equal((await connection.transport.request(get, limits)).status, 200);
        assert.deepEqual(seen.slice(2), ['Bearer token-2', 'Bearer token-3']);
      },
    );
  });

  test('a watch that is refused is begun once more with the new token', () => {
    let accepted = 'token-1';
    return inCluster(
      accepts(() => accepted),
      async (connection, pod) => {
        await connection.transport.request(get, limits);
        accepted = 'token-2';
        pod.write('token', 'token-2');
        const stream = await connection.transport.stream(get, { headersTimeoutMs: 5000 });
        assert.equal(stream.status, 200);
        stream.destroy();
      },
    );
  });

  test('a token that stays refused is asked with once, not again and again', () =>
    inCluster(
      accepts(() => 'another'),
      async (connection, _pod, _clock, seen) => {
        for (let round = 0; round < 5; round++) {
          assert.equal((await connection.transport.request(get, limits)).status, 401);
        }
        assert.equal(seen.length, 5);
      },
    ));

  test('a CA file that is replaced decides within ten seconds whom to trust', () => {
    const ca = new CertificateAuthority(Date.now(), 'other');
    return inCluster(
      accepts(() => 'token-1'),
      async (connection, pod, clock) => {
        await connection.transport.request(get, limits);
        pod.write('ca.crt', ca.certificatePem);
        await clock.advance(10_000);
        await assert.rejects(connection.transport.request(get, limits), { code: 'API_TLS' });
        pod.write('ca.crt', 'being written');
        await clock.advance(10_000);
        await assert.rejects(connection.transport.request(get, limits), { code: 'API_TLS' });
      },
    );
  });

  test('a caller does not wait for credentials longer than for an answer', async () => {
    const clock = new ManualClock();
    const kubeconfig = join(root, 'exec.json');
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sleep', args: ['1'] };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
        clusters: [{ name: 'x', cluster: { server: 'http://127.0.0.1:1' } }],
        users: [{ name: 'x', user: { exec } }],
      }),
    );
    const settings = { kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' };
    const connection = connect(settings, { clock, logger: silentLogger() });
    const late = assert.rejects(connection.urgent.request(get, { timeoutMs: 2000 }), { code: 'API_TIMEOUT' });
    await clock.advance(2000);
    await late;
    const reason = new Error('no longer wanted');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(connection.urgent.request(get, { timeoutMs: 2000, signal }), reason);
    await connection.close();
  });
});

describe('where a connection leads', () => {
  const kubeconfig = (server: string): string => {
    const path = join(mkdtempSync(join(root, 'home-')), 'config');
    const text = {
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c' } }],
      clusters: [{ name: 'c', cluster: { server } }],
    };
    writeFileSync(path, JSON.stringify(text));
    return path;
  };
  const leadsTo = (settings: Partial<Parameters<typeof connect>[0]>): string =>
    connect(
      { env: {}, qps: 1, burst: 1, userAgent: 'test', serviceAccountDir: '/nowhere', ...settings },
      { clock: new ManualClock(), logger: silentLogger() },
    ).describe().server;

  test('the flag, then KUBECONFIG, then the pod', () => {
    const pod = podAt(443, 'x');
    const env = { ...pod.env, KUBECONFIG: kubeconfig('https://variable') };
    const serviceAccountDir = pod.dir;
    assert.equal(leadsTo({ kubeconfig: kubeconfig('https://flag'), env, serviceAccountDir }), 'https://flag');
    assert.equal(leadsTo({ env, serviceAccountDir }), 'https://variable');
    assert.equal(leadsTo({ env: pod.env, serviceAccountDir }), 'https://127.0.0.1');
    assert.equal(
      leadsTo({ env: { ...pod.env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, serviceAccountDir }),
      'https://[fd00::1]',
    );
  });

  test('nothing at all is KUBECONFIG_MISSING; a file that is named must be there', () => {
    assert.throws(() => leadsTo({ env: { HOME: root } }), { code: 'KUBECONFIG_MISSING' });
    assert.throws(() => leadsTo({ kubeconfig: '/nowhere' }), { code: 'KUBECONFIG_MISSING', detail: /\/nowhere/ });
    assert.throws(() => leadsTo({ env: { KUBECONFIG: '/nowhere' } }), { code: 'KUBECONFIG_MISSING' });
  });
});
