/** Nodes: the same from protobuf as from JSON, on bytes made by Kubernetes' own code; what is broken is named. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodeResource, readNodeJson, type NodeFacts } from '../../../internal/kubernetes/resource-nodes.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { vectorJson, vectorObject } from '../../support/vectors.ts';

const { codec } = nodeResource();

function fromProtobuf(bytes: Buffer): NodeFacts | CodedError | undefined {
  return codec.protobuf?.read(bytes, 0, bytes.length, false);
}

describe('a node', () => {
  for (const [vector, isReady] of [
    ['node-ready', true],
    ['node-lost', false],
    ['node-filled', false],
  ] as const) {
    test(`gives the same facts as protobuf and as JSON: ${vector}`, () => {
      const node = readNodeJson(vectorJson(vector));
      assert.deepEqual(fromProtobuf(vectorObject(vector)), node);
      assert.ok(!(node instanceof CodedError));
      assert.equal(node.isReady, isReady);
      assert.ok(node.name !== '' && node.uid !== '' && node.resourceVersion !== '');
    });
  }

  test('that is not Ready says since when and why; one that is says nothing', () => {
    const lost = readNodeJson(vectorJson('node-lost'));
    assert.ok(!(lost instanceof CodedError));
    const sinceMs = Date.parse('2026-01-01T00:00:04Z');
    assert.deepEqual(lost.notReady, { sinceMs, status: 'Unknown', reason: 'KubeletReady', message: 'posting' });
    const ready = readNodeJson(vectorJson('node-ready'));
    assert.ok(!(ready instanceof CodedError) && ready.notReady === undefined);
  });

  test('that is cordoned says so', () => {
    const isCordoned = (['node-ready', 'node-filled'] as const).map((vector) => {
      const node = fromProtobuf(vectorObject(vector));
      return node !== undefined && !(node instanceof CodedError) && node.isCordoned;
    });
    assert.deepEqual(isCordoned, [false, true]);
  });

  test('that says nothing of being Ready is not', () => {
    const metadata = { uid: 'u', name: 'n', resourceVersion: '1' };
    for (const status of [undefined, {}, { conditions: null }, { conditions: [{ type: 'Ready' }, 'Ready'] }]) {
      const notReady = { sinceMs: 0, status: '', reason: '', message: '' };
      assert.deepEqual(readNodeJson({ metadata, status }), {
        ...metadata,
        isReady: false,
        notReady,
        isCordoned: false,
      });
    }
  });

  test('without a usable uid is refused', () => {
    for (const object of [undefined, 1, {}, { metadata: { name: 'n' } }, { metadata: { name: 'n', uid: 7 } }]) {
      const refused = readNodeJson(object);
      assert.ok(refused instanceof CodedError && refused.code === 'WATCH_OBJECT_INVALID');
    }
    const empty = fromProtobuf(Buffer.alloc(0));
    assert.ok(empty instanceof CodedError && empty.code === 'WATCH_OBJECT_INVALID');
  });

  test('cut off anywhere is refused or read as far as it is whole, never thrown', () => {
    const bytes = vectorObject('node-lost');
    for (let size = 0; size < bytes.length; size++) {
      const node = fromProtobuf(Buffer.from(bytes.subarray(0, size)));
      assert.ok(node instanceof CodedError || node?.isReady === false);
    }
  });
});
