/** The encoder that benchmarks and simulated servers send pods by, against the bytes of Kubernetes' own encoders. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { syntheticPod, type SyntheticSize } from '../../support/simulated-apiserver/synthetic-pod.ts';
import { podVectors, vectorJson, vectorObject } from '../../support/vectors.ts';
import { encodeWholeMetadata, encodeWholePod } from '../../support/whole-pod-protobuf.ts';

describe('whole pods as protobuf', () => {
  for (const name of podVectors) {
    test(`the pod ${name} is encoded byte for byte as Kubernetes does it`, () => {
      const bytes = encodeWholePod(vectorJson(name) as object);
      assert.deepEqual(bytes.toString('latin1'), vectorObject(name).toString('latin1'));
    });
  }

  test('metadata is encoded as in a list of PartialObjectMetadata', () => {
    const { items } = vectorJson('list-metadata') as { items: object[] };
    const list = vectorObject('list-metadata');
    assert.ok(items.length > 0);
    for (const item of items) assert.ok(list.includes(encodeWholeMetadata(item)));
  });

  test('a pod larger than the buffer is encoded as well', () => {
    const pod = { metadata: { name: 'x', annotations: { big: 'ü'.repeat(2_000_000) } }, spec: {}, status: {} };
    assert.ok(encodeWholePod(pod).length > 4_000_000);
  });

  const sizes: readonly (readonly [SyntheticSize, number])[] = [
    ['lean', 4100],
    ['rich', 6000],
    ['large', 7700],
  ];
  for (const [size, bytes] of sizes) {
    test(`a synthetic ${size} pod takes about ${bytes} bytes`, () => {
      const pod = syntheticPod(17, { size, namespaces: 20, podsPerNode: 100 });
      const { length } = encodeWholePod(pod);
      assert.ok(Math.abs(length / bytes - 1) < 0.03, `${length}`);
    });
  }
});
