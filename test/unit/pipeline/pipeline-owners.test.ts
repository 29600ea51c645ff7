/** What waits for a pod's owners is decided on as it would have been at once, and lost by nobody. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { ownersByName, type AskOutcome, type JobFacts } from '../../../internal/pipeline/owner-lookup.ts';
import { PipelineRig, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const HOUR_MS = 3_600_000;
const job: JobFacts = {
  ...{ uid: 'uid-backup', backoffLimit: 6, hasOwnRules: false, restartPolicy: 'Never', failed: 0, isFailed: false },
};

/** Of a Job, ended long ago. */
const attempt = (uid: string): PodBuilder =>
  pod({ uid })
    .ownedBy('Job', 'backup')
    .with(app().exited({ id: uid, finishedAtMs: CREATED_MS + 1000 }));

function rigThatWaits(options: RigOptions = {}) {
  let answer: (outcome: AskOutcome) => void = () => undefined;
  let known: JobFacts | undefined;
  const severities: string[] = [];
  const rig = new PipelineRig({
    ...options,
    owners: {
      ...ownersByName,
      jobOf: () => known,
      ask: () => (known === undefined ? new Promise((resolve) => (answer = resolve)) : undefined),
    },
    encode: ({ severity, eventId }: Finding) => {
      severities.push(severity);
      return new TextEncoder().encode(eventId);
    },
  });
  const answers = async (facts: JobFacts | undefined): Promise<void> => {
    known = facts;
    answer(facts === undefined ? 'late' : 'read');
    await rig.pipeline.settled();
  };
  return { rig, severities, answers };
}

describe('a finding that waits for its owner', () => {
  test('is told once the answer is there, less severe where the Job tries again', async () => {
    const { rig, severities, answers } = rigThatWaits();
    rig.pipeline.process({ type: 'modified', cause: 'watch', pod: attempt('a').facts() });
    assert.deepEqual(rig.told(), []);
    await answers(job);
    assert.deepEqual([rig.told(), severities], [['failure Error'], ['info']]);
  });

  test('is looked back on from when it was seen, though the sync it came with is long over', async () => {
    const { rig, answers } = rigThatWaits({ lookBackMs: 1000 });
    await rig.clock.advance(HOUR_MS);
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS);
    rig.pipeline.process({ type: 'added', cause: 'initial', pod: attempt('a').facts() });
    rig.pipeline.synced();
    await answers(undefined);
    assert.deepEqual(rig.told(), ['failure Error'], 'nobody watched since it happened');
  });

  test('is looked back on from when it is told, where only then it is known how long nobody watched', async () => {
    const { rig, answers } = rigThatWaits({ lookBackMs: 1000 });
    await rig.clock.advance(HOUR_MS);
    rig.isTelling = false;
    rig.pipeline.process({ type: 'added', cause: 'initial', pod: attempt('a').facts() });
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS);
    await answers(undefined);
    assert.deepEqual(rig.told(), ['failure Error']);
  });

  test('is told as it is when the pipeline stops', async () => {
    const { rig, severities } = rigThatWaits();
    rig.pipeline.process({ type: 'modified', cause: 'watch', pod: attempt('a').facts() });
    await rig.pipeline.stop();
    assert.deepEqual([rig.told(), severities.length], [['failure Error'], 1]);
  });

  test('goes to where a follower keeps its findings, and is told by the next leader', async () => {
    const { rig, severities, answers } = rigThatWaits();
    rig.isTelling = false;
    rig.pipeline.process({ type: 'modified', cause: 'watch', pod: attempt('a').facts() });
    await answers(job);
    assert.deepEqual(rig.told(), []);
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.pipeline.settled();
    assert.deepEqual([rig.told(), severities], [['failure Error'], ['info']]);
  });
});
