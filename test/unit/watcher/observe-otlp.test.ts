/** Which failures get a trace by what the pipeline decides, and that the sender's deliveries are timed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { otlpDrain, otlpPipeline, otlpSend } from '../../../cmd/watcher/observe-otlp.ts';
import type { DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import { quietDrainObserver } from '../../../internal/pipeline/drain-observer.ts';
import type { FrozenBatch } from '../../../internal/pipeline/outbox.ts';
import type { PipelineDecision, PipelineObserver } from '../../../internal/pipeline/pipeline-observer.ts';
import { FailureRecords } from '../../../internal/telemetry/failure-records.ts';
import { FailureTracing } from '../../../internal/telemetry/failure-tracing.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const eventId = 'a'.repeat(32);
const finding = aFinding({ eventId });
const append: PipelineDecision = { finding, stage: 'dedupe', decision: 'append', reason: 'first' };

function rig() {
  const clock = new ManualClock();
  const records = new FailureRecords(100);
  const heard: string[] = [];
  const inner = { decided: ({ stage }: PipelineDecision) => heard.push(stage), stored: () => heard.push('stored') };
  const tracerFor = (): never => assert.fail('no trace is made here');
  const failures = new FailureTracing({ clock, records, tracerFor, room: () => 0, onDropped: () => undefined });
  const observer = otlpPipeline(inner as unknown as PipelineObserver, failures);
  return { clock, records, heard, failures, observer };
}

describe('the trace of a failure', () => {
  test('begins when it is decided to tell it, and who listened before still does', () => {
    const { records, heard, observer } = rig();
    observer.decided(append);
    observer.stored([finding], 0);
    assert.equal(records.take({ eventId })?.storedAtMs, Date.parse('2026-01-01T00:00:00Z'));
    assert.deepEqual(heard, ['dedupe', 'stored']);
  });

  test('goes on when the pod is looked at again while the failure is on its way', () => {
    const { records, observer } = rig();
    observer.decided(append);
    observer.decided({
      finding,
      stage: 'dedupe',
      decision: 'deduplicate',
      reason: 'known',
    } as unknown as PipelineDecision);
    observer.decided({ finding, stage: 'gate', decision: 'hold', reason: 'follower' });
    assert.equal(records.size, 1);
  });

  const aside: readonly PipelineDecision[] = [
    { finding, stage: 'digest', decision: 'gather', reason: 'storm' },
    { finding, stage: 'encode', decision: 'suppress', reason: 'encoding-failed' },
    { finding, stage: 'append', decision: 'coalesce', reason: 'kept' } as unknown as PipelineDecision,
  ];
  for (const decision of aside) {
    test(`ends without one where the stage ${decision.stage} keeps it back`, () => {
      const { records, observer } = rig();
      observer.decided(append);
      observer.decided(decision);
      assert.equal(records.size, 0);
    });
  }

  test('has each delivery of its batch with times and outcome', async () => {
    const { clock, records, failures } = rig();
    const outcome: DeliveryOutcome = { kind: 'split', reason: 'invalid', status: 400, detail: 'words of the plane' };
    const send = otlpSend(async () => clock.advance(250).then(() => outcome), failures, clock);
    const batch = { batchId: 'b1', events: 2, eventIds: [eventId], body: new Uint8Array() } as unknown as FrozenBatch;
    const startMs = clock.now();
    assert.equal(await send(batch, new AbortController().signal), outcome);
    const [delivery] = records.take({ eventId })?.deliveries ?? [];
    assert.deepEqual([delivery?.startMs, delivery?.endMs], [startMs, startMs + 250]);
    assert.equal(delivery?.outcome.status, 400);
  });

  test('is nobody’s business where OTLP is off: observers and sender stay what they are', () => {
    const drain = quietDrainObserver();
    const pipeline = {} as PipelineObserver;
    const send = (): never => assert.fail('nothing is sent');
    assert.equal(otlpDrain(drain, undefined), drain);
    assert.equal(otlpPipeline(pipeline, undefined), pipeline);
    assert.equal(otlpSend(send, undefined, new ManualClock()), send);
  });
});
