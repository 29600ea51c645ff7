/** What only time brings about: states that last too long, and what goes on while the kubelet writes nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultStuckDelays as delays } from '../../../internal/pipeline/stuck-delays.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { PipelineRig, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const MINUTE = 60_000;
const ALL = { enabledReasons: ['*'] };

/** A pipeline that knows these pods. */
async function rigWith(step: PodBuilder, options: RigOptions = {}): Promise<PipelineRig> {
  const rig = new PipelineRig({ settings: ALL, ...options });
  rig.pods = [step.facts()];
  await rig.change(step, 'initial', 'added');
  return rig;
}

const pending = pod({ nodeName: '' }).phase('Pending').with(app());
const unschedulable = pending.condition('PodScheduled', 'False', 'Unschedulable', CREATED_MS);

describe('a state that lasts too long', () => {
  test('is told when its delay is over though nothing changed', async () => {
    const rig = await rigWith(unschedulable);
    await rig.clock.advance(delays.unschedulableAfterMs - 1);
    assert.deepEqual(rig.told(), []);
    await rig.clock.advance(1000);
    assert.deepEqual(rig.told(), ['failure Unschedulable']);
    await rig.pipeline.stop();
  });

  test('is told by the delay in the settings, also when that was changed since', async () => {
    const rig = await rigWith(pending, {
      settings: { ...ALL, stuckPendingAfterMs: 2 * MINUTE },
    });
    await rig.clock.advance(MINUTE);
    rig.settings = { ...rig.settings, stuckPendingAfterMs: 4 * MINUTE };
    await rig.clock.advance(3 * MINUTE - 1);
    assert.deepEqual(rig.told(), []);
    await rig.clock.advance(1000);
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('is not told where the pod moved on, or is gone, or left the scope', async () => {
    const running = pod().with(app().running()).condition('Ready', 'True');
    for (const [step, type] of [
      [running, 'modified'],
      [pending, 'deleted'],
      [pending, 'left'],
    ] as const) {
      const rig = await rigWith(pending);
      await rig.change(step, 'watch', type);
      await rig.clock.advance(60 * MINUTE);
      assert.deepEqual(rig.told(), [], type);
      await rig.pipeline.stop();
    }
  });

  test('is told at its time by an agent that was restarted meanwhile, under the same id', async () => {
    const idOf = async (restartAfterMs: number): Promise<[string | undefined, number]> => {
      const clock = new ManualClock();
      const first = await rigWith(pending, { clock });
      await clock.advance(restartAfterMs);
      await first.pipeline.stop();
      const second = await rigWith(pending, { clock });
      await clock.advance(delays.stuckPendingAfterMs - restartAfterMs + 100);
      await second.pipeline.stop();
      return [second.observer.storedFindings[0]?.eventId, second.observer.storedFindings[0]?.observedAtMs ?? 0];
    };
    const [id, toldAtMs] = await idOf(MINUTE);
    assert.notEqual(id, undefined);
    assert.equal(toldAtMs, CREATED_MS + delays.stuckPendingAfterMs);
    assert.deepEqual(await idOf(4 * MINUTE), [id, toldAtMs]);
  });

  test('that lasted through a restart beyond its delay is told at the first look', async () => {
    const clock = new ManualClock(CREATED_MS + 60 * MINUTE);
    const rig = await rigWith(pending, { clock });
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('of which a follower became aware is told by it when it takes over', async () => {
    const rig = new PipelineRig({ settings: ALL });
    rig.isTelling = false;
    rig.pods = [pending.facts()];
    await rig.change(pending, 'initial', 'added');
    await rig.clock.advance(delays.stuckPendingAfterMs + 1000);
    assert.deepEqual(rig.told(), []);
    rig.isTelling = true;
    rig.pipeline.beginTerm(rig.clock.now() - MINUTE);
    await rig.pipeline.settled();
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('is told again as ongoing, once for each cooldown', async () => {
    const rig = await rigWith(unschedulable);
    await rig.clock.advance(delays.unschedulableAfterMs + 3 * rig.settings.dedupCooldownMs + 5000);
    assert.deepEqual(rig.told(), ['failure Unschedulable', ...Array<string>(3).fill('ongoing Unschedulable')]);
    const ids = rig.observer.storedFindings.map(({ eventId }) => eventId);
    assert.equal(new Set(ids).size, ids.length);
    await rig.pipeline.stop();
  });

  test('is told within minutes when somebody wants to hear of it later, or sooner', async () => {
    const rig = await rigWith(unschedulable, { settings: { enabledReasons: ['Failed'] } });
    await rig.clock.advance(60 * MINUTE);
    assert.deepEqual(rig.told(), []);
    rig.settings = { ...rig.settings, enabledReasons: ['Unschedulable'] };
    await rig.clock.advance(5 * MINUTE);
    assert.deepEqual(rig.told().slice(0, 1), ['failure Unschedulable']);
    await rig.pipeline.stop();

    const gated = pending.condition('PodScheduled', 'False', 'SchedulingGated', CREATED_MS);
    const patient = await rigWith(gated);
    await patient.clock.advance(12 * MINUTE);
    patient.settings = { ...patient.settings, schedulingGatedAfterMs: 10 * MINUTE };
    await patient.clock.advance(5 * MINUTE);
    assert.deepEqual(patient.told(), ['failure SchedulingGated']);
    await patient.pipeline.stop();
  });
});

describe('what goes on without a word of the kubelet', () => {
  test('is told again after each cooldown', async () => {
    const rig = await rigWith(pod().with(app().waiting('InvalidImageName')));
    await rig.clock.advance(rig.settings.dedupCooldownMs + 5000);
    assert.deepEqual(rig.told(), ['failure InvalidImageName', 'ongoing InvalidImageName']);
    await rig.pipeline.stop();
  });

  test('waits for no pod in order', async () => {
    const rig = await rigWith(pod().with(app().running()).condition('Ready', 'True'));
    assert.equal(rig.clock.pendingTimers, 0);
  });
});
