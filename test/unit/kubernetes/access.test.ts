import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canI, canIAll } from '../../../internal/kubernetes/access.ts';
import type { ApiRequest, ApiTransport } from '../../../internal/kubernetes/transport.ts';

function answering(answer: (request: ApiRequest) => { status: number; body: string }) {
  const requests: ApiRequest[] = [];
  const transport: ApiTransport = {
    request: (request) => {
      requests.push(request);
      const { status, body } = answer(request);
      return Promise.resolve({ status, headers: {}, body: Buffer.from(body) });
    },
    stream: () => Promise.reject(new Error('not asked for')),
    close: () => Promise.resolve(),
  };
  return { transport, requests };
}

const review = (status: unknown) => () => ({
  status: 201,
  body: JSON.stringify({ kind: 'SelfSubjectAccessReview', status }),
});
const pods = { resource: 'pods', group: '' };

describe('access reviews', () => {
  test('ask in the words of RBAC and believe the answer', async () => {
    const { transport, requests } = answering(review({ allowed: true }));
    assert.deepEqual(await canI(transport, { ...pods, verb: 'watch', namespace: 'shop' }), { allowed: true });
    assert.deepEqual((requests[0]?.body as { spec: unknown }).spec, {
      resourceAttributes: { verb: 'watch', group: '', resource: 'pods', namespace: 'shop' },
    });
    await canI(transport, { verb: 'get', resource: 'pods/log', group: '', name: 'x' });
    assert.deepEqual((requests[1]?.body as { spec: unknown }).spec, {
      resourceAttributes: { verb: 'get', group: '', resource: 'pods', subresource: 'log', name: 'x' },
    });
  });

  test('no is no, with the reason where there is one', async () => {
    const no = answering(review({ allowed: false, reason: 'RBAC: no role' }));
    assert.deepEqual(await canI(no.transport, { ...pods, verb: 'list' }), { allowed: false, reason: 'RBAC: no role' });
    const silent = answering(review({}));
    assert.deepEqual(await canI(silent.transport, { ...pods, verb: 'list' }), { allowed: false, reason: '' });
  });

  test('several verbs are allowed only if each is', async () => {
    const onlyList = answering((request) => {
      const { verb } = (request.body as { spec: { resourceAttributes: { verb: string } } }).spec.resourceAttributes;
      return review({ allowed: verb === 'list' })();
    });
    assert.equal(await canIAll(onlyList.transport, ['list', 'watch'], pods), false);
    assert.equal(await canIAll(onlyList.transport, ['list'], pods), true);
  });

  test('an answer that is no review is an error, not a no', async () => {
    for (const body of ['', '<html>', '{}', '[]', 'null']) {
      const { transport } = answering(() => ({ status: 201, body }));
      await assert.rejects(canI(transport, { ...pods, verb: 'list' }), { code: 'API_ANSWER_INVALID' });
    }
    const down = answering(() => ({ status: 503, body: '' }));
    await assert.rejects(canI(down.transport, { ...pods, verb: 'list' }), { code: 'API_FAILED' });
    const unknown = answering(() => ({ status: 401, body: '' }));
    await assert.rejects(canI(unknown.transport, { ...pods, verb: 'list' }), { code: 'API_UNAUTHORIZED' });
  });
});
