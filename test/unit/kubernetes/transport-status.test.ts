import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeSubject, statusError, streamStatusError } from '../../../internal/kubernetes/transport-status.ts';
import type { Subject } from '../../../internal/kubernetes/transport-status.ts';
import type { ApiStream } from '../../../internal/kubernetes/transport.ts';

const pods: Subject = { verb: 'list', resource: 'pods', group: '', namespace: 'shop' };
const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

/** Recorded from kube-apiserver 1.36: GET /api/v1/namespaces/shop/pods without rights, accept protobuf. */
const RECORDED_STATUS =
  'azhzAAoMCgJ2MRIGU3RhdHVzEpQBCgYKABIAGgASB0ZhaWx1cmUaY3BvZHMgaXMgZm9yYmlkZGVuOi' +
  'BVc2VyICJndWVzdCIgY2Fubm90IGxpc3QgcmVzb3VyY2UgInBvZHMiIGluIEFQSSBncm91cCAiIiBp' +
  'biB0aGUgbmFtZXNwYWNlICJzaG9wIiIJRm9yYmlkZGVuKg4KABIAGgRwb2RzKAAyADCTAxoAIgA=';

describe('what an answer outside 2xx means', () => {
  const codes: readonly [number, string][] = [
    [400, 'API_REFUSED'],
    [401, 'API_UNAUTHORIZED'],
    [403, 'API_FORBIDDEN'],
    [404, 'API_REFUSED'],
    [409, 'API_REFUSED'],
    [410, 'API_REFUSED'],
    [302, 'API_REFUSED'],
    [429, 'API_FAILED'],
    [500, 'API_FAILED'],
    [503, 'API_FAILED'],
  ];
  for (const [status, code] of codes) {
    test(`${status} is ${code}`, () => assert.equal(statusError(pods, answer(status)).code, code));
  }

  test('verb, resource and namespace are named, with what the server said', () => {
    const body = { kind: 'Status', reason: 'Forbidden', message: 'no rights', details: {} };
    const error = statusError(pods, answer(403, body));
    assert.equal(error.detail, 'list pods in namespace shop answered 403: no rights');
    assert.equal(error.reason, 'Forbidden');
    assert.equal(error.status, 403);
  });

  test('a page of HTML, nothing, null or a Status of the wrong types adds no words', () => {
    for (const body of ['<html>', '', 'null', '[]', '{"message":1,"reason":{},"details":"x"}']) {
      const error = statusError(pods, answer(502, body));
      assert.equal(error.detail, 'list pods in namespace shop answered 502');
      assert.equal(error.reason, '');
    }
  });

  test('a Status in protobuf is read like one in JSON, a broken one adds no words', () => {
    const forbidden = Buffer.from(RECORDED_STATUS, 'base64');
    const error = statusError(pods, { status: 403, headers: {}, body: forbidden });
    assert.equal(error.reason, 'Forbidden');
    assert.match(error.detail, /answered 403: pods is forbidden: User "guest" cannot list resource "pods"/);
    const broken = { status: 403, headers: {}, body: forbidden.subarray(0, 40) };
    assert.equal(statusError(pods, broken).detail, 'list pods in namespace shop answered 403');
  });

  test('a long message is cut', () => {
    assert.ok(statusError(pods, answer(500, { message: 'x'.repeat(100_000) })).message.length < 700);
  });

  const waits: readonly [unknown, number | undefined][] = [
    ['7', 7000],
    ['0', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['99999999', 300_000],
    ['Wed, 21 Oct 2099 07:28:00 GMT', undefined],
  ];
  for (const [header, expected] of waits) {
    test(`retry-after: ${String(header)} asks for ${String(expected)} ms`, () => {
      assert.equal(statusError(pods, answer(429, '', { 'retry-after': String(header) })).retryAfterMs, expected);
    });
  }

  test('the time to wait is also read from the Status', () => {
    assert.equal(statusError(pods, answer(429, { details: { retryAfterSeconds: 3 } })).retryAfterMs, 3000);
  });

  test('subjects read as rights are written', () => {
    const lease: Subject = {
      verb: 'update',
      resource: 'leases',
      group: 'coordination.k8s.io',
      namespace: 'a',
      name: 'x',
    };
    assert.equal(describeSubject(lease), 'update leases.coordination.k8s.io x in namespace a');
    assert.equal(describeSubject({ verb: 'watch', resource: 'pods', group: '' }), 'watch pods in the cluster');
  });

  test('a stream that began with an error is read a little, ended and told', async () => {
    let destroyed = false;
    const endless = async function* (): AsyncGenerator<Buffer> {
      try {
        yield Buffer.from('{"message":"gone"}'.padEnd(40_000));
        for (;;) yield await Promise.resolve(Buffer.alloc(40_000, ' '));
      } finally {
        destroyed = true;
      }
    };
    const stream: ApiStream = { status: 410, headers: {}, chunks: endless(), destroy: () => undefined };
    const error = await streamStatusError({ ...pods, verb: 'watch' }, stream);
    assert.equal(error.detail, 'watch pods in namespace shop answered 410: gone');
    assert.ok(destroyed);
  });
});
