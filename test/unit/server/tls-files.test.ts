import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { TLSSocket } from 'node:tls';
import { CodedError } from '../../../internal/platform/errors.ts';
import { boundedFastify, listen } from '../../../internal/server/http.ts';
import { readServerTls, tlsStamp, type TlsFiles } from '../../../internal/server/tls-files.ts';
import { CertificateAuthority } from '../../support/simulated-apiserver/x509.ts';

const authority = new CertificateAuthority(Date.now());
const pair = (commonName: string): { keyPem: string; certificatePem: string } =>
  authority.issue({ commonName, usage: 'server', hosts: ['127.0.0.1'] });

function filesIn(t: TestContext): TlsFiles & { write(cert: string, key: string): void } {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-tls-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const files = { certFile: path.join(dir, 'tls.crt'), keyFile: path.join(dir, 'tls.key') };
  return {
    ...files,
    write: (cert, key) => {
      writeFileSync(files.certFile, cert);
      writeFileSync(files.keyFile, key);
    },
  };
}

/** The name in the certificate a new connection is shown. */
function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ca: authority.certificatePem, agent: false }, (answer) => {
      assert.ok(answer.socket instanceof TLSSocket);
      resolve(String(answer.socket.getPeerCertificate().subject.CN));
      answer.resume();
    });
    asked.on('error', reject).end();
  });
}

describe('certificate and key of a listener', () => {
  test('are shown to who connects, and a renewed pair to who connects from then on', async (t) => {
    const files = filesIn(t);
    const [first, second] = [pair('first'), pair('second')];
    files.write(first.certificatePem, first.keyPem);
    const app = boundedFastify(readServerTls(files));
    const server = await listen(app, { host: '127.0.0.1', port: 0 });
    t.after(() => server.close());
    assert.equal(await shown(server.port), 'first');
    files.write(second.certificatePem, second.keyPem);
    server.renewTls(readServerTls(files));
    assert.equal(await shown(server.port), 'second');
  });

  test('that do not belong together, are no PEM or are not there are refused with a code', (t) => {
    const files = filesIn(t);
    const isRefused = (error: unknown): boolean => error instanceof CodedError && error.code === 'LISTEN_TLS';
    assert.throws(() => readServerTls(files), isRefused);
    files.write(pair('one').certificatePem, pair('other').keyPem);
    assert.throws(() => readServerTls(files), isRefused);
    files.write('nothing', 'of the kind');
    assert.throws(() => readServerTls(files), isRefused);
  });

  test('are not waited for by a listener whose client does not speak', async (t) => {
    const files = filesIn(t);
    const { certificatePem, keyPem } = pair('first');
    files.write(certificatePem, keyPem);
    const server = await listen(boundedFastify(readServerTls(files)), { host: '127.0.0.1', port: 0 });
    t.after(() => server.close());
    const silent = connect(server.port, '127.0.0.1').on('error', () => undefined);
    t.after(() => silent.destroy());
    await once(silent.resume(), 'close', { signal: AbortSignal.timeout(60_000) });
  });

  test('have another stamp once one of them was written, and one also while they are gone', (t) => {
    const files = filesIn(t);
    const gone = tlsStamp(files);
    files.write('a', 'b');
    const written = tlsStamp(files);
    utimesSync(files.keyFile, 1, 1);
    assert.equal(new Set([gone, written, tlsStamp(files)]).size, 3);
  });
});
