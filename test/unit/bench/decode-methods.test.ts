// The ways of reading a pod that the benchmark compares do the same work.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMethods } from '../../bench/watch/decode-methods.ts';
import { makePodSet, podSets } from '../../bench/watch/decode-pods.ts';
import type { PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import type { PodFacts } from '../../../internal/pipeline/pod-facts.ts';

const PODS = 3;

describe('the pods that decoding is measured on', () => {
  for (const name of podSets) {
    const pods = makePodSet(name, PODS);

    test(`${name}: each has a uid of its own`, () => {
      const read = decodeMethods['ours: protobuf, full facts'](pods);
      const uids = Array.from({ length: PODS }, (_nothing, index) => (read(index) as PodFacts).uid);
      assert.equal(new Set(uids).size, PODS);
    });

    test(`${name}: the facts of JSON and of protobuf are the same`, () => {
      const json = decodeMethods['ours: JSON fallback'](pods);
      const protobuf = decodeMethods['ours: protobuf, full facts'](pods);
      for (let index = 0; index < PODS; index++) assert.deepEqual((json(index) as PodReading).facts, protobuf(index));
    });

    test(`${name}: triage sends on a broken pod and no other`, () => {
      const isQuiet = decodeMethods['ours: protobuf, triage'](pods);
      for (let index = 0; index < PODS; index++) assert.equal(isQuiet(index), name !== 'real broken');
    });
  }
});
