import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileCredentials } from '../../../internal/restate/plane-credentials.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ask, clientFor, named } from '../../support/plane-rig.ts';
import { startScriptedIngress } from '../../support/scripted-ingress.ts';
import { CertificateAuthority, type CertificateWishes } from '../../support/simulated-apiserver/x509.ts';

const events = ['ProjectService', 'c', 'onPodEvents'];
const RECHECK_MS = 5_000;

function folder(t: TestContext): (name: string, content: string) => string {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-credentials-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return (name, content) => {
    const file = path.join(dir, name);
    writeFileSync(file, content);
    return file;
  };
}

describe('a bearer token in a file', () => {
  test('goes with each call, without the line end of the file', async (t) => {
    const tokenFile = folder(t)('token', 'secret-1\n');
    const ingress = await startScriptedIngress();
    const { client } = clientFor(ingress.url, { files: { tokenFile } });
    t.after(() => Promise.all([client.close(), ingress.stop()]));
    await ask(client, events, { body: [] });
    assert.equal(ingress.requests[0]?.headers.authorization, 'Bearer secret-1');
  });

  test('is read again when it changed, at the latest after 5 s', async (t) => {
    const write = folder(t);
    const clock = new ManualClock();
    const source = fileCredentials({ tokenFile: write('token', 'one') }, clock);
    assert.equal((await source.current()).token, 'one');
    write('token', 'another');
    assert.equal((await source.current()).token, 'one');
    await clock.advance(RECHECK_MS);
    assert.equal((await source.current()).token, 'another');
  });

  test('is read again at once after the plane refused it', async (t) => {
    const write = folder(t);
    const ingress = await startScriptedIngress();
    const { client } = clientFor(ingress.url, { files: { tokenFile: write('token', 'old') } });
    t.after(() => Promise.all([client.close(), ingress.stop()]));
    ingress.next({ kind: 'answer', status: 401 });
    assert.equal(named((await ask(client, events, { body: [] })).outcome), 'refused unauthorized');
    write('token', 'renewed');
    assert.equal(named((await ask(client, events, { body: [] })).outcome), 'accepted executed');
    assert.deepEqual(
      ingress.requests.map(({ headers }) => headers.authorization),
      ['Bearer old', 'Bearer renewed'],
    );
  });

  test('that is missing in the middle of a rotation leaves the last good one in force', async (t) => {
    const write = folder(t);
    const clock = new ManualClock();
    const tokenFile = write('token', 'good');
    const source = fileCredentials({ tokenFile }, clock);
    await source.current();
    rmSync(tokenFile);
    await clock.advance(RECHECK_MS);
    assert.equal((await source.current()).token, 'good');
    write('token', '');
    source.recheck();
    assert.equal((await source.current()).token, 'good');
  });

  for (const [what, content] of [
    ['is empty', ' \n'],
    ['holds two lines', 'a\nb'],
    ['holds a control character', 'a\u0000b'],
  ] as const) {
    test(`that ${what} keeps the call from being made, and its content out of the reason`, async (t) => {
      const ingress = await startScriptedIngress();
      const { client } = clientFor(ingress.url, { files: { tokenFile: folder(t)('token', content) } });
      t.after(() => Promise.all([client.close(), ingress.stop()]));
      const { outcome } = await ask(client, events, { body: [] });
      assert.equal(named(outcome), 'refused unauthorized');
      assert.ok('detail' in outcome && outcome.detail.includes('token'));
      assert.equal(ingress.requests.length, 0);
    });
  }
});

describe('TLS material in files', () => {
  const ours = new CertificateAuthority(Date.now(), 'ours');
  const another = new CertificateAuthority(Date.now(), 'another');
  const leaf: CertificateWishes = { commonName: 'plane', hosts: ['127.0.0.1', 'localhost'], usage: 'server' };

  const issue = (by: CertificateAuthority, wishes: CertificateWishes): { cert: string; key: string } => {
    const { certificatePem: cert, keyPem: key } = by.issue(wishes);
    return { cert, key };
  };

  async function serve(t: TestContext, options: ServerOptions): Promise<{ url: string; peers: string[] }> {
    const peers: string[] = [];
    const server = createServer(options, (request, response) => {
      const socket = request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } };
      peers.push(socket.getPeerCertificate().subject?.CN ?? '');
      response.setHeader('x-restate-id', 'inv_1');
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `https://localhost:${(server.address() as AddressInfo).port}`, peers };
  }

  test("is needed for a plane whose authority is not the system's", async (t) => {
    const { url } = await serve(t, issue(ours, leaf));
    const { client } = clientFor(url);
    t.after(() => client.close());
    assert.equal(named((await ask(client, events, { body: [] })).outcome), 'retry network same');
  });

  const refused = {
    'of another authority': issue(another, leaf),
    'of another host': issue(ours, { ...leaf, hosts: ['elsewhere.example'] }),
    'that has run out': issue(ours, {
      ...leaf,
      notBeforeMs: Date.parse('2020-01-01'),
      notAfterMs: Date.parse('2021-01-01'),
    }),
  };
  for (const [what, certificate] of Object.entries(refused)) {
    test(`refuses a certificate ${what}`, async (t) => {
      const { url } = await serve(t, certificate);
      const { client } = clientFor(url, { files: { caFile: folder(t)('ca.pem', ours.certificatePem) } });
      t.after(() => client.close());
      assert.equal(named((await ask(client, events, { body: [] })).outcome), 'retry network same');
    });
  }

  test('that changes makes new connections: a rotated authority and client certificate', async (t) => {
    const write = folder(t);
    const options = { ...issue(ours, leaf), ca: [ours.certificatePem, another.certificatePem], requestCert: true };
    const { url, peers } = await serve(t, options);
    const first = issue(ours, { commonName: 'cluster-1', usage: 'client' });
    const files = {
      caFile: write('ca.pem', ours.certificatePem),
      certFile: write('c.pem', first.cert),
      keyFile: write('k.pem', first.key),
    };
    const clock = new ManualClock();
    const { client } = clientFor(url, { files, clock });
    t.after(() => client.close());
    await ask(client, events, { body: [] });
    await ask(client, events, { body: [] });
    const second = issue(another, { commonName: 'cluster-1-renewed', usage: 'client' });
    write('c.pem', second.cert);
    write('k.pem', second.key);
    await clock.advance(RECHECK_MS);
    assert.equal(named((await ask(client, events, { body: [] })).outcome), 'accepted executed');
    assert.deepEqual(peers, ['cluster-1', 'cluster-1', 'cluster-1-renewed']);
  });
});
