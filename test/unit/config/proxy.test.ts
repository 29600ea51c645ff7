import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { proxyFor } from '../../../internal/config/proxy.ts';

const both = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'http://plain:3128' };

describe('the proxy for a plane', () => {
  test('is that of the scheme of its URL, in capitals or not', () => {
    assert.equal(proxyFor('https://plane.example', both), 'http://proxy:3128');
    assert.equal(proxyFor('http://plane.example', both), 'http://plain:3128');
    assert.equal(proxyFor('https://plane.example', { https_proxy: 'proxy:3128' }), 'http://proxy:3128');
    assert.equal(proxyFor('https://plane.example', {}), undefined);
  });

  test('is none for the loopback, nor where it or the URL makes no sense', () => {
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080']) {
      assert.equal(proxyFor(`http://${host}`, both), undefined);
    }
    assert.equal(proxyFor('https://plane.example', { HTTPS_PROXY: 'http://' }), undefined);
    assert.equal(proxyFor('nonsense', both), undefined);
  });

  for (const [url, exceptions, isDirect] of [
    ['https://plane.example', '*', true],
    ['https://plane.example', 'plane.example', true],
    ['https://plane.example', ' other , PLANE.example ', true],
    ['https://eu.plane.example', 'plane.example', true],
    ['https://eu.plane.example', '.plane.example', true],
    ['https://plane.example', '.plane.example', false],
    ['https://notplane.example', 'plane.example', false],
    ['https://plane.example', 'plane.example:443', true],
    ['https://plane.example', 'plane.example:8443', false],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://[fd00::1]', 'fd00::/8', true],
    ['http://restate.shop.svc', '.svc,.cluster.local', true],
    ['https://plane.example', ',,', false],
  ] as const) {
    test(`is ${isDirect ? 'none' : 'used'} for ${url} with NO_PROXY=${exceptions}`, () => {
      assert.equal(proxyFor(url, { ...both, NO_PROXY: exceptions }) === undefined, isDirect);
    });
  }
});
