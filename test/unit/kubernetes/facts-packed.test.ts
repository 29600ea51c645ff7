// What is kept of a pod with a history is what was read of it, field by field, in a fraction of the room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packFacts, unpackFacts } from '../../../internal/kubernetes/facts-packed.ts';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { anyFacts } from '../../support/arbitrary-facts.ts';
import { arbitraryPod } from '../../support/pod-arbitrary.ts';

test('any facts come back as they were', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      // The generator makes some objects without a prototype.
      const plain = structuredClone(facts);
      assert.deepEqual(unpackFacts(packFacts(facts), facts), plain);
    }),
  );
});

test('so do those of any pod that was read', () => {
  fc.assert(
    fc.property(arbitraryPod, (pod) => {
      const reading = readPodJson(pod);
      if (reading instanceof CodedError || reading.facts === undefined) return;
      assert.deepEqual(unpackFacts(packFacts(reading.facts), reading.facts), reading.facts);
    }),
  );
});
