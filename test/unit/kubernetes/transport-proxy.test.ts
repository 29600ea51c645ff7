import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseProxy } from '../../../internal/kubernetes/transport-proxy.ts';

const server = new URL('https://api.prod.example.com:6443');
const via = (env: Record<string, string>, to: URL = server): string => {
  const { proxy, reason } = chooseProxy(to, undefined, env);
  return proxy === undefined ? reason : `${proxy.kind} ${proxy.host} ${proxy.port}`;
};

describe('the proxy on the way to the API server', () => {
  test('none is used where none is configured', () => assert.equal(via({}), 'none-configured'));

  test('HTTPS_PROXY is for https servers, HTTP_PROXY for plain ones, in capitals or not', () => {
    assert.equal(via({ HTTPS_PROXY: 'http://proxy:3128' }), 'http proxy 3128');
    assert.equal(via({ https_proxy: 'http://proxy:3128' }), 'http proxy 3128');
    assert.equal(via({ HTTP_PROXY: 'http://proxy:3128' }), 'none-configured');
    assert.equal(via({ HTTP_PROXY: 'proxy:3128' }, new URL('http://api')), 'http proxy 3128');
  });

  test('http, https and socks5 proxies are known, with their usual ports; others are refused with a code', () => {
    assert.equal(via({ HTTPS_PROXY: 'proxy' }), 'http proxy 80');
    assert.equal(via({ HTTPS_PROXY: 'https://proxy' }), 'https proxy 443');
    assert.equal(via({ HTTPS_PROXY: 'socks5://proxy' }), 'socks5 proxy 1080');
    assert.equal(via({ HTTPS_PROXY: 'http://[fd00::1]:3128' }), 'http fd00::1 3128');
    assert.throws(() => via({ HTTPS_PROXY: 'ftp://proxy' }), { code: 'CONFIG_INVALID' });
    assert.throws(() => via({ HTTPS_PROXY: 'http://' }), { code: 'CONFIG_INVALID' });
    assert.throws(() => chooseProxy(server, 'gopher://x', {}), { code: 'KUBECONFIG_INVALID' });
  });

  test('an error about a proxy address does not repeat the password in it', () => {
    try {
      via({ HTTPS_PROXY: 'ftp://me:secret@proxy' });
      assert.fail('accepted');
    } catch (error) {
      assert.doesNotMatch(String(error), /secret/);
    }
  });

  test('proxy-url of the kubeconfig wins over the environment and knows no exceptions', () => {
    const env = { HTTPS_PROXY: 'http://other', NO_PROXY: '*' };
    assert.deepEqual(chooseProxy(server, 'http://me:p%40ss@proxy:3128', env), {
      proxy: { kind: 'http', host: 'proxy', port: 3128, login: { user: 'me', password: 'p@ss' } },
      reason: 'proxy-url',
    });
  });

  test('loopback servers are reached directly', () => {
    for (const address of [
      'https://localhost:6443',
      'https://127.0.0.1:6443',
      'https://127.9.9.9',
      'https://[::1]:6443',
    ]) {
      assert.equal(via({ HTTPS_PROXY: 'http://proxy' }, new URL(address)), 'loopback');
    }
  });

  const excepted: readonly [entry: string, to: string, direct: boolean][] = [
    ['*', 'https://api.example.com', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.example.com', true],
    ['example.com', 'https://notexample.com', false],
    ['.example.com', 'https://api.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['*.example.com', 'https://api.example.com', true],
    ['EXAMPLE.com', 'https://Api.Example.Com', true],
    ['example.com:6443', 'https://api.example.com:6443', true],
    ['example.com:6443', 'https://api.example.com', false],
    ['example.com:443', 'https://api.example.com', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.1', 'https://10.0.0.11', false],
    ['10.0.0.1:6443', 'https://10.0.0.1:6443', true],
    ['10.0.0.1:443', 'https://10.0.0.1:6443', false],
    ['10.0.0.0/8', 'https://10.200.0.1', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['10.0.0.0/8', 'https://ten.example.com', false],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['fd00::1', 'https://[fd00::1]:6443', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    [' , ,other.org, example.com ', 'https://api.example.com', true],
    ['', 'https://api.example.com', false],
  ];
  for (const [entry, to, direct] of excepted) {
    test(`NO_PROXY="${entry}" ${direct ? 'reaches' : 'does not reach'} ${to} directly`, () => {
      const choice = via({ HTTPS_PROXY: 'http://proxy', NO_PROXY: entry }, new URL(to));
      assert.equal(choice, direct ? 'no-proxy' : 'http proxy 80');
    });
  }
});
