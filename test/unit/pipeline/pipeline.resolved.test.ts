// What is over is told as resolved, where that is asked for: once, not too early, and with the ids it closes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolvedId } from '../../../internal/pipeline/identity.ts';
import { IDS_KEPT_PER_INCIDENT, RESOLVED_AFTER_MS, STABLE_RUN_MS } from '../../../internal/platform/limits.ts';
import { app, pod, type PodBuilder } from '../../support/pod-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';

const wanted = { settings: { eventTypes: ['resolved'] } };
const pulling = (): PodBuilder => pod({ phase: 'Pending' }).with(app('web').waiting('ImagePullBackOff'));
const well = (): PodBuilder => pod().with(app('web').running());

async function failed(rig: PipelineRig): Promise<void> {
  await rig.change(pulling(), 'watch', 'added');
}

describe('what is over', () => {
  test('is told once it has not shown for the stabilisation time, with the ids it closes', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(well(), 'watch', 'modified');
    await rig.clock.advance(RESOLVED_AFTER_MS - 1000);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff']);
    await rig.clock.advance(2000);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff', 'resolved ImagePullBackOff']);
    const [failure, resolved] = rig.observer.storedFindings;
    assert.ok(failure !== undefined && resolved !== undefined);
    assert.deepEqual(resolved.closes, [failure.eventId]);
    assert.equal(resolved.incidentKey, failure.incidentKey);
    assert.equal(resolved.container?.name, 'web');
    assert.notEqual(resolved.eventId, failure.eventId);
  });

  test('is not over while it comes and goes', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    for (let flap = 0; flap < 5; flap++) {
      await rig.change(well(), 'watch', 'modified');
      await rig.clock.advance(RESOLVED_AFTER_MS / 2);
      await rig.change(pulling(), 'watch', 'modified');
      await rig.clock.advance(RESOLVED_AFTER_MS / 2);
    }
    assert.ok(!rig.told().some((one) => one.startsWith('resolved')), rig.told().join());
  });

  test('is told at once when the pod is gone, but for what only its end shows', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(pulling(), 'watch', 'deleted');
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff', 'resolved ImagePullBackOff']);
  });

  test('is told of a container that runs well after its exits, though nothing more is heard of it', async () => {
    const rig = new PipelineRig(wanted);
    const exit = { id: 'a', finishedAtMs: rig.clock.now() };
    await rig.change(pod().with(app('web').exited(exit)), 'watch', 'added');
    const wellAgain = pod().with(app('web').running('b', rig.clock.now()).restarts(1).last(exit));
    rig.pods = [wellAgain.facts()];
    await rig.change(wellAgain);
    await rig.clock.advance(STABLE_RUN_MS);
    assert.deepEqual(rig.told(), ['failure Error']);
    await rig.clock.advance(RESOLVED_AFTER_MS + 1000);
    assert.deepEqual(rig.told(), ['failure Error', 'resolved Error']);
  });

  test('is told when a pod that ended badly is removed, whose end shows once more then', async () => {
    const rig = new PipelineRig(wanted);
    const evicted = pod().failed('Evicted');
    await rig.change(evicted, 'watch', 'added');
    await rig.change(evicted, 'watch', 'deleted');
    assert.deepEqual(rig.told(), ['failure Evicted', 'resolved Evicted']);
    const exited = pod({ uid: 'uid-2' }).with(app('web').crashLooping({ id: 'a', finishedAtMs: rig.clock.now() }));
    await rig.change(exited, 'watch', 'added');
    await rig.change(exited, 'watch', 'deleted');
    assert.deepEqual(rig.told().slice(2), ['failure CrashLoopBackOff', 'resolved CrashLoopBackOff']);
  });

  test('is not told of what only the end of a pod shows', async () => {
    const rig = new PipelineRig(wanted);
    await rig.change(pod().failed('Evicted'), 'watch', 'deleted');
    await rig.clock.advance(RESOLVED_AFTER_MS);
    assert.deepEqual(rig.told(), ['failure Evicted']);
  });

  test('tells with it what was counted and not told before', async () => {
    const rig = new PipelineRig(wanted);
    const exited = (id: string, restarts: number): PodBuilder =>
      pod().with(app('web').exited({ id }).restarts(restarts));
    await rig.change(exited('a', 0), 'watch', 'added');
    for (const [id, restarts] of [
      ['b', 1],
      ['e', 4],
    ] as const)
      await rig.change(exited(id, restarts));
    assert.deepEqual(rig.told(), ['failure Error']);
    await rig.change(well(), 'watch', 'deleted');
    const [failure, resolved] = rig.observer.storedFindings;
    assert.deepEqual([resolved?.type, resolved?.occurrences, resolved?.restartsUnseen], ['resolved', 2, 2]);
    assert.equal(resolved?.closes?.length, 3);
    assert.ok(failure !== undefined && resolved.closes.includes(failure.eventId));
  });

  test('names what was told, however many exits were only counted after it', async () => {
    const rig = new PipelineRig(wanted);
    for (let restarts = 0; restarts < 2 * IDS_KEPT_PER_INCIDENT; restarts++) {
      await rig.change(
        pod().with(
          app('web')
            .exited({ id: `exit-${restarts}` })
            .restarts(restarts),
        ),
        'watch',
      );
    }
    await rig.change(well(), 'watch', 'deleted');
    const [failure, resolved] = rig.observer.storedFindings;
    assert.ok(failure !== undefined && resolved !== undefined);
    assert.ok(resolved.closes?.includes(failure.eventId));
    assert.equal(resolved.eventId, resolvedId(failure.eventId));
    await rig.pipeline.stop();
  });

  test('is told of a pod that another one took the place of while nobody watched', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(well().but({ uid: 'uid-2' }), 'relist', 'added');
    await rig.change(pulling(), 'relist', 'deleted');
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff', 'resolved ImagePullBackOff']);
    assert.equal(rig.observer.storedFindings[1]?.pod.uid, 'uid-1');
  });

  test('is not told of a static pod whose mirror was only made anew', async () => {
    const rig = new PipelineRig(wanted);
    const static1 = pulling().mirror('hash');
    await rig.change(static1, 'watch', 'added');
    await rig.change(static1, 'watch', 'deleted');
    await rig.change(static1.but({ uid: 'uid-2' }), 'watch', 'added');
    await rig.clock.advance(2 * RESOLVED_AFTER_MS);
    assert.ok(!rig.told().includes('resolved ImagePullBackOff'), rig.told().join());
    await rig.change(static1.but({ uid: 'uid-2' }), 'watch', 'deleted');
    await rig.clock.advance(2 * RESOLVED_AFTER_MS);
    assert.equal(rig.told().at(-1), 'resolved ImagePullBackOff');
    await rig.pipeline.stop();
  });

  test('is not told of a pod that only left what is watched', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(well(), 'watch', 'modified');
    await rig.change(well(), 'watch', 'left');
    await rig.clock.advance(10 * RESOLVED_AFTER_MS);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff']);
  });

  test('is told once, and what is new after it is told again', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(well(), 'watch', 'modified');
    await rig.clock.advance(2 * RESOLVED_AFTER_MS);
    await rig.change(well(), 'watch', 'modified');
    await rig.clock.advance(2 * RESOLVED_AFTER_MS);
    await rig.change(pulling(), 'watch', 'modified');
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff', 'resolved ImagePullBackOff']);
    await rig.change(pod().with(app('web').image('web:2').waiting('ErrImagePull')), 'watch', 'modified');
    assert.equal(rig.told().at(-1), 'failure ErrImagePull');
  });

  test('is not told to a plane that did not ask for it, nor by a follower', async () => {
    const rig = new PipelineRig();
    await failed(rig);
    await rig.change(pulling(), 'watch', 'deleted');
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff']);
    const follower = new PipelineRig(wanted);
    await failed(follower);
    follower.isTelling = false;
    await follower.change(pulling(), 'watch', 'deleted');
    assert.deepEqual(follower.told(), ['failure ImagePullBackOff']);
  });

  test('is known after a restart, from what was stored with the failure', async () => {
    const outbox = new ScriptedOutbox();
    const clock = new ManualClock();
    const before = new PipelineRig({ ...wanted, outbox, clock });
    await failed(before);
    await before.pipeline.stop();
    const after = new PipelineRig({ ...wanted, outbox, clock });
    await after.pipeline.load();
    await after.change(pulling(), 'initial', 'added');
    await after.change(pulling(), 'watch', 'deleted');
    assert.deepEqual(after.told(), ['resolved ImagePullBackOff']);
  });

  test('leaves no timer behind', async () => {
    const rig = new PipelineRig(wanted);
    await failed(rig);
    await rig.change(well(), 'watch', 'modified');
    await rig.pipeline.stop();
    assert.equal(rig.clock.pendingTimers, 0);
  });
});
