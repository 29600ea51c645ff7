import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ConnectionTarget } from '../../../internal/kubernetes/connection-target.ts';
import { kubeconfigTarget } from '../../../internal/kubernetes/credentials-kubeconfig.ts';

const directory = mkdtempSync(join(tmpdir(), 'watcher-credentials-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
function file(text: string, mode = 0o600): string {
  const path = join(directory, `file-${(files += 1)}`);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function kubeconfig(user: Record<string, unknown>, cluster: Record<string, unknown> = {}): string {
  return JSON.stringify({
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://api:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  });
}
const target = (user: Record<string, unknown>, cluster: Record<string, unknown> = {}): ConnectionTarget =>
  kubeconfigTarget([file(kubeconfig(user, cluster))], undefined);

describe('the credentials of a kubeconfig', () => {
  test('a token', async () => {
    const subject = target({ token: 'abc' });
    assert.equal(subject.authMethod, 'token');
    assert.equal(subject.namespace, 'shop');
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer abc' });
  });

  test('a token file, read each time, its line end cut, winning over a token', async () => {
    const path = file('first\n');
    const subject = target({ tokenFile: path, token: 'old' });
    assert.equal(subject.authMethod, 'token-file');
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer first' });
    writeFileSync(path, 'second\r\n');
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer second' });
    writeFileSync(path, '');
    await assert.rejects(subject.readCredentials(false), { code: 'CREDENTIALS_FAILED' });
    rmSync(path);
    await assert.rejects(subject.readCredentials(false), { code: 'CREDENTIALS_FAILED' });
  });

  test('user and password', async () => {
    const subject = target({ username: 'me', password: 'secret' });
    assert.equal(subject.authMethod, 'basic');
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: `Basic ${base64('me:secret')}` });
  });

  test('a client certificate, as data or as files that are read again', async () => {
    const inline = target({ 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') });
    assert.equal(inline.authMethod, 'client-certificate');
    const { tls } = await inline.readCredentials(false);
    assert.deepEqual([tls.cert?.toString(), tls.key?.toString()], ['cert', 'key']);
    const [cert, key] = [file('cert 1'), file('key 1')];
    const byFile = target({ 'client-certificate': cert, 'client-key': key });
    assert.equal((await byFile.readCredentials(false)).tls.cert?.toString(), 'cert 1');
    writeFileSync(cert, 'cert 2');
    assert.equal((await byFile.readCredentials(false)).tls.cert?.toString(), 'cert 2');
  });

  test('the CA, as data or as a file that is read again, also without a user', async () => {
    const ca = file('ca 1');
    const path = file(
      JSON.stringify({
        contexts: [{ name: 'x', context: { cluster: 'c' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://api', 'certificate-authority': ca } }],
      }),
    );
    const subject = kubeconfigTarget([path], 'x');
    assert.equal(subject.authMethod, 'anonymous');
    assert.equal((await subject.readCredentials(false)).tls.ca?.toString(), 'ca 1');
    writeFileSync(ca, 'ca 2');
    assert.equal((await subject.readCredentials(false)).tls.ca?.toString(), 'ca 2');
    const inline = target({ token: 'x' }, { 'certificate-authority-data': base64('inline') });
    assert.equal((await inline.readCredentials(false)).tls.ca?.toString(), 'inline');
  });

  test('tls-server-name, insecure-skip-tls-verify and proxy-url are read; insecure is warned of', async () => {
    const cluster = { 'tls-server-name': 'api', 'insecure-skip-tls-verify': true, 'proxy-url': 'socks5://p:1080' };
    const subject = target({ token: 'x' }, cluster);
    const { tls } = await subject.readCredentials(false);
    assert.deepEqual([tls.serverName, tls.rejectUnauthorized, subject.proxyUrl], ['api', false, 'socks5://p:1080']);
    assert.match(subject.warnings.join(), /insecure-skip-tls-verify/);
  });

  test('impersonation is not done, and said so', async () => {
    const subject = target({ token: 'x', as: 'admin' });
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer x' });
    assert.match(subject.warnings.join(), /impersonation/);
  });

  test('a plain http server is allowed, anything else is no address', () => {
    assert.equal(target({}, { server: 'http://127.0.0.1:8001' }).server.href, 'http://127.0.0.1:8001/');
    for (const server of ['', 'api:6443', 'ftp://api', 'https://me:secret@api']) {
      assert.throws(() => target({}, { server }), { code: 'KUBECONFIG_INVALID' });
    }
  });

  test('after a 401 the file itself is read again', async () => {
    const path = file(kubeconfig({ token: 'old' }));
    const subject = kubeconfigTarget([path], undefined);
    await subject.readCredentials(false);
    writeFileSync(path, kubeconfig({ token: 'new' }));
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer old' });
    assert.deepEqual((await subject.readCredentials(true)).headers, { authorization: 'Bearer new' });
  });

  test('an OIDC provider whose token has not expired', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const idToken = `${part({ alg: 'none' })}.${part({ exp: 4_000_000_000 })}.x`;
    const subject = target({ 'auth-provider': { name: 'oidc', config: { 'id-token': idToken } } });
    assert.equal(subject.authMethod, 'auth-provider oidc');
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: `Bearer ${idToken}` });
  });
});

describe('exec plugins', () => {
  const plugin = (script: string): string => file(`#!/bin/sh\n${script}`, 0o700);
  const exec = (command: string, extra: Record<string, unknown> = {}) => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never', ...extra },
  });
  const status = (text: string): string =>
    `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":${text}}`;

  test('give a token, which is kept until it expires or is refused', async () => {
    const count = file('');
    const command = plugin(`echo x >> ${count}; echo '${status('{"token":"from-plugin"}')}'`);
    const subject = target(exec(command));
    assert.match(subject.authMethod, /^exec file-\d+$/);
    assert.deepEqual((await subject.readCredentials(false)).headers, { authorization: 'Bearer from-plugin' });
    await subject.readCredentials(false);
    assert.equal(readFileSync(count, 'utf8'), 'x\n');
    await subject.readCredentials(true);
    assert.equal(readFileSync(count, 'utf8'), 'x\nx\n');
  });

  test('give a client certificate', async () => {
    const command = plugin(`echo '${status('{"clientCertificateData":"CERT","clientKeyData":"KEY"}')}'`);
    const { tls, headers } = await target(exec(command)).readCredentials(false);
    assert.deepEqual([tls.cert?.toString(), tls.key?.toString(), headers], ['CERT', 'KEY', {}]);
  });

  test('are told of the cluster in KUBERNETES_EXEC_INFO, and get the variables of the kubeconfig', async () => {
    const seen = file('');
    const command = plugin(`echo "$KUBERNETES_EXEC_INFO $MINE" > ${seen}; echo '${status('{"token":"x"}')}'`);
    const env = [{ name: 'MINE', value: 'yes' }];
    await target(exec(command, { env, provideClusterInfo: true })).readCredentials(false);
    const [info = '', mine] = readFileSync(seen, 'utf8').trim().split(' ');
    assert.equal(mine, 'yes');
    assert.deepEqual(JSON.parse(info), {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://api:6443' } },
    });
  });

  test('that fail, answer nonsense or are not there are CREDENTIALS_FAILED with the first line of what they said', async () => {
    const failing = target(exec(plugin('echo "please log in" >&2; echo more >&2; exit 1')));
    await assert.rejects(failing.readCredentials(false), { code: 'CREDENTIALS_FAILED', detail: /please log in$/ });
    await assert.rejects(target(exec(plugin('echo hello'))).readCredentials(false), { code: 'CREDENTIALS_FAILED' });
    await assert.rejects(target(exec(plugin('echo "{}"'))).readCredentials(false), { code: 'CREDENTIALS_FAILED' });
    await assert.rejects(target(exec('/nowhere/plugin')).readCredentials(false), { code: 'CREDENTIALS_FAILED' });
  });
});
