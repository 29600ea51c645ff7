import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { kubeconfigPaths, readKubeconfig, selectContext } from '../../../internal/kubernetes/connection-kubeconfig.ts';

const directory = mkdtempSync(join(tmpdir(), 'watcher-kubeconfig-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
function file(text: string): string {
  const path = join(directory, `config-${(files += 1)}`);
  writeFileSync(path, text);
  return path;
}

const invalid = (text: RegExp) => (error: Error & { code?: string }) =>
  error.code === 'KUBECONFIG_INVALID' && text.test(error.message);

const whole = (name: string, extra = ''): string => `
apiVersion: v1
kind: Config
current-context: ${name}
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, namespace: ns-${name}}}]
clusters: [{name: ${name}, cluster: {server: "https://${name}:6443", certificate-authority: pki/ca.crt}}]
users: [{name: ${name}, user: {token: "t-${name}"}}]
${extra}`;

describe('which files are read', () => {
  test('the flag wins over KUBECONFIG, which may list several', () => {
    assert.deepEqual(kubeconfigPaths({ flag: 'a', env: { KUBECONFIG: 'b:c' } }), { paths: ['a'], named: true });
    assert.deepEqual(kubeconfigPaths({ flag: '', env: { KUBECONFIG: 'b::c' } }), { paths: ['b', 'c'], named: false });
    assert.deepEqual(kubeconfigPaths({ flag: undefined, env: {} }), { paths: [], named: false });
  });

  test('one that does not exist is KUBECONFIG_MISSING, among several it is passed over', () => {
    const there = file(whole('one'));
    assert.throws(() => readKubeconfig(['/nowhere/a', '/nowhere/b']), {
      code: 'KUBECONFIG_MISSING',
      detail: 'no such file: /nowhere/a, /nowhere/b',
    });
    assert.equal(readKubeconfig(['/nowhere/a', there]).currentContext, 'one');
  });

  test('a directory, and bytes that are no YAML, are KUBECONFIG_INVALID, without repeating what they hold', () => {
    assert.throws(() => readKubeconfig([directory]), invalid(/cannot be read/));
    const broken = file('users:\n- name: x\n  user: {token: secret-token\n');
    assert.throws(
      () => readKubeconfig([broken]),
      (error) => invalid(/is not YAML/)(error as Error) && !/secret/.test(String(error)),
    );
    assert.throws(() => readKubeconfig([file('just text')]), invalid(/no mapping/));
    assert.throws(() => readKubeconfig([file('clusters: 5')]), invalid(/clusters is no list/));
    assert.throws(() => readKubeconfig([file('clusters: [5]')]), invalid(/clusters\[0\] has no name/));
    assert.throws(() => readKubeconfig([file('users: [{name: a, user: [1]}]')]), invalid(/user of users\[0\]/));
  });

  test('an alias bomb is refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((letter, at) => {
        const before = 'abcdefgh'[at];
        return `${letter}: &${letter} [${`*${before},`.repeat(9)}]`;
      }),
    ].join('\n');
    assert.throws(() => readKubeconfig([file(bomb)]), invalid(/is not YAML/));
  });
});

describe('merging', () => {
  test('the first to name something wins, current-context included', () => {
    const first = file('clusters: [{name: one, cluster: {server: "https://first"}}]');
    const merged = readKubeconfig([first, file(whole('one')), file(whole('two'))]);
    assert.equal(merged.currentContext, 'one');
    assert.deepEqual(
      merged.clusters.map((entry) => entry.fields['server']),
      ['https://first', 'https://two:6443'],
    );
  });

  test('relative paths are relative to their own file; data wins over a file of the same meaning', () => {
    const path = file(`
clusters:
- {name: a, cluster: {certificate-authority: pki/ca.crt}}
- {name: b, cluster: {certificate-authority: /etc/ca.crt}}
- {name: c, cluster: {certificate-authority: pki/ca.crt, certificate-authority-data: eA==}}
users:
- {name: u, user: {tokenFile: token, client-certificate: c.pem, client-key: k.pem, exec: {command: ./bin/login}}}
- {name: v, user: {exec: {command: aws}}}
`);
    const { clusters, users } = readKubeconfig([path]);
    assert.deepEqual(
      clusters.map((entry) => entry.fields),
      [
        { 'certificate-authority': join(directory, 'pki/ca.crt') },
        { 'certificate-authority': '/etc/ca.crt' },
        { 'certificate-authority-data': 'eA==' },
      ],
    );
    assert.deepEqual(users[0]?.fields, {
      tokenFile: join(directory, 'token'),
      'client-certificate': join(directory, 'c.pem'),
      'client-key': join(directory, 'k.pem'),
      exec: { command: join(directory, 'bin/login') },
    });
    assert.deepEqual(users[1]?.fields, { exec: { command: 'aws' } });
  });

  test('an empty file adds nothing', () => {
    assert.equal(readKubeconfig([file(''), file(whole('one'))]).currentContext, 'one');
  });
});

describe('the context', () => {
  const document = readKubeconfig([file(whole('one')), file(whole('two'))]);

  test('is the current one, or the one asked for', () => {
    const current = selectContext(document, undefined);
    assert.equal(current.context, 'one');
    assert.equal(current.namespace, 'ns-one');
    assert.equal(current.cluster.fields['server'], 'https://one:6443');
    assert.equal(selectContext(document, 'two').user.fields['token'], 't-two');
  });

  test('that is not there is named beside those that are', () => {
    assert.throws(() => selectContext(document, 'three'), invalid(/no context "three"; it has one, two/));
    assert.throws(() => selectContext(readKubeconfig([file('')]), undefined), invalid(/no current-context/));
    assert.throws(() => selectContext(readKubeconfig([file('')]), 'x'), invalid(/no context "x"; it has none/));
  });

  test('that names what is not there says so', () => {
    const lost = file('contexts: [{name: a, context: {cluster: gone}}, {name: b, context: {}}]');
    assert.throws(() => selectContext(readKubeconfig([lost]), 'a'), invalid(/no cluster "gone"/));
    assert.throws(() => selectContext(readKubeconfig([lost]), 'b'), invalid(/context "b" names no cluster/));
  });

  test('without a user is an anonymous one, without a namespace names none', () => {
    const path = file(
      'clusters: [{name: c, cluster: {server: "http://x"}}]\ncontexts: [{name: a, context: {cluster: c}}]',
    );
    const entries = selectContext(readKubeconfig([path]), 'a');
    assert.deepEqual(entries.user, { name: '', fields: {} });
    assert.equal(entries.namespace, undefined);
  });
});
