/** A plane that speaks only what has been broken for years (TLS 1.0, 1.1: RFC 8996) is told nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { connect, type SecureVersion } from 'node:tls';
import { ask, clientFor, named } from '../../support/plane-rig.ts';
import { CertificateAuthority } from '../../support/simulated-apiserver/x509.ts';

const authority = new CertificateAuthority(Date.now());
const { certificatePem: cert, keyPem: key } = authority.issue({
  ...{ commonName: 'plane', hosts: ['127.0.0.1', 'localhost'], usage: 'server' },
});
/** OpenSSL allows old versions only to who asks for no security at all. */
const careless = 'DEFAULT@SECLEVEL=0';

for (const [version, expected] of [
  ['TLSv1', 'retry network same'],
  ['TLSv1.1', 'retry network same'],
  ['TLSv1.2', 'accepted executed'],
] satisfies [SecureVersion, string][]) {
  test(`a plane that speaks ${version} at most comes to: ${expected}`, async (t) => {
    let requests = 0;
    const server = createServer(
      { cert, key, minVersion: 'TLSv1', maxVersion: version, ciphers: careless },
      (_request, response) => {
        requests += 1;
        response.setHeader('x-restate-id', 'inv_1').end('{}');
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-tls-'));
    const caFile = path.join(dir, 'ca.pem');
    writeFileSync(caFile, authority.certificatePem);
    const { client } = clientFor(`https://localhost:${port}`, { files: { caFile } });
    t.after(async () => {
      await client.close();
      server.closeAllConnections();
      server.close();
      rmSync(dir, { recursive: true });
    });

    assert.equal(await spoken(port), version, 'the server does speak it, to a client that wants it');
    const { outcome } = await ask(client, ['ProjectService', 'c', 'onPodEvents'], { body: [] });
    assert.equal(named(outcome), expected);
    assert.equal(requests, expected === 'accepted executed' ? 1 : 0);
  });
}

/** The version in which a client speaks that takes any. */
async function spoken(port: number): Promise<string | null> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: authority.certificatePem,
    minVersion: 'TLSv1',
    ciphers: careless,
  });
  await once(socket, 'secureConnect');
  const version = socket.getProtocol();
  socket.destroy();
  return version;
}
