/** The pods tests are made of, held against the reader of the real API's JSON: facts to JSON and back are the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { editedHistory } from '../support/arbitrary-history.ts';
import { app, CREATED_MS, ephemeral, init, pod, sidecar } from '../support/pod-builder.ts';
import { podJson } from '../support/pod-json.ts';

function readBack(facts: PodFacts): PodFacts | undefined {
  const reading = readPodJson(podJson(facts));
  if (reading instanceof CodedError) assert.fail(reading.message);
  return reading.facts;
}

test('a pod with something in every field reads back as it was built', () => {
  const full = pod()
    .labelled({ app: 'web' })
    .ownedBy('Job', 'backup-29384756')
    .deleting(CREATED_MS)
    .disrupted('PreemptionByScheduler', CREATED_MS)
    .mirror('hash')
    .failed('Evicted', 'low on memory')
    .with(
      init().exited({ code: 0, finishedAtMs: CREATED_MS }),
      sidecar().running('s', CREATED_MS),
      app().restarts(3).crashLooping({ finishedAtMs: CREATED_MS, signal: 9, message: 'boom' }),
      ephemeral().waiting('ErrImagePull', 'no such image'),
    )
    .facts();
  assert.deepEqual(readBack(full), full);
});

test('every step of any generated life reads back as it was', () => {
  fc.assert(
    fc.property(editedHistory, ({ steps }) => {
      for (const step of steps) assert.deepEqual(readBack(step) ?? step, step);
    }),
    { numRuns: 50 },
  );
});
