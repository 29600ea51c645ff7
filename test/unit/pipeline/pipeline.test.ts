/** The stages in order: what gets into the outbox, what doesn't and why, and what a broken outbox or pod does to it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FINDINGS_WAITING, STATE_FLUSH_MS, WATCHED_NOTE_MS } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, ephemeral, pod, type PodBuilder } from '../../support/pod-builder.ts';

const exited = (id = 'a', uid = 'u1'): PodBuilder => pod({ uid }).with(app().exited({ id }));
const looping = (id = 'a', uid = 'u1'): PodBuilder => pod({ uid }).with(app().crashLooping({ id }));

describe('a change', () => {
  test('that shows a failure puts one event with its bytes into the outbox', async () => {
    const rig = new PipelineRig();
    await rig.change(exited());
    const [event, ...others] = rig.outbox.events;
    assert.deepEqual(others, []);
    assert.equal(event?.podUid, 'u1');
    assert.equal(event.phase, 'Running');
    assert.equal(new TextDecoder().decode(event.bytes), event.eventId);
    assert.deepEqual(rig.observer.takeDecisions(), ['dedupe append first']);
  });

  test('that shows it again puts nothing', async () => {
    const rig = new PipelineRig();
    for (let i = 0; i < 3; i++) await rig.change(exited());
    assert.equal(rig.outbox.events.length, 1);
    assert.deepEqual(rig.observer.takeDecisions().slice(1), Array(2).fill('dedupe deduplicate already-told'));
  });

  test('of a healthy pod costs no append and leaves no state', async () => {
    const rig = new PipelineRig();
    await rig.change(pod().with(app().running()));
    assert.deepEqual(rig.outbox.appends, []);
    assert.equal(rig.observer.changes, 1);
  });

  test('is silent with a named reason where nothing failed', async () => {
    const rig = new PipelineRig();
    await rig.change(pod().with(app().running(), ephemeral().exited()));
    assert.deepEqual(rig.observer.silences, ['Error: ephemeral']);
  });

  test('is suppressed by the settings of that moment, and told once they allow it', async () => {
    const rig = new PipelineRig({ settings: { enabledReasons: ['Evicted'] } });
    await rig.change(exited());
    assert.deepEqual(rig.observer.takeDecisions(), ['filter suppress family-disabled']);
    rig.settings = { ...rig.settings, enabledReasons: ['*'] };
    await rig.change(exited());
    assert.deepEqual(rig.told(), ['failure Error']);
  });

  test('that is not wanted leaves the restarts nobody saw before it to the next one that is', async () => {
    const rig = new PipelineRig({ settings: { enabledReasons: ['CrashLoopBackOff'] } });
    const restarted = (id: string, restarts: number): PodBuilder =>
      exited(id).container('app', (one) => one.restarts(restarts));
    await rig.change(restarted('a', 0));
    await rig.change(restarted('d', 3));
    assert.deepEqual(rig.told(), []);
    await rig.change(looping('d').container('app', (one) => one.restarts(3)));
    const [told] = rig.observer.storedFindings;
    assert.deepEqual([told?.reason, told?.restartsUnseen], ['CrashLoopBackOff', 2]);
  });

  test('tells the exit, then the loop, then counts, then says that it goes on', async () => {
    const rig = new PipelineRig();
    await rig.change(exited('a'));
    await rig.change(looping('a'));
    await rig.clock.advance(60_000);
    await rig.change(exited('b'));
    await rig.change(looping('b'));
    await rig.clock.advance(180_000);
    await rig.change(exited('c'));
    assert.deepEqual(rig.told(), ['failure Error', 'failure CrashLoopBackOff', 'ongoing Error']);
    assert.equal(rig.observer.storedFindings.at(-1)?.occurrences, 2);
  });

  test('of a deleted pod is classified before the pod is forgotten', async () => {
    const rig = new PipelineRig();
    await rig.change(exited(), 'watch', 'deleted');
    assert.deepEqual(rig.told(), ['failure Error']);
  });
});

describe('a cooldown', () => {
  test('neither ends nor grows when the machine clock is set', async () => {
    for (const jumpMs of [3_600_000, -3_600_000]) {
      const rig = new PipelineRig();
      await rig.change(exited('a'));
      rig.clock.jumpWallClock(jumpMs);
      await rig.clock.advance(179_000);
      await rig.change(exited('b'));
      assert.deepEqual(rig.told(), ['failure Error'], `${jumpMs}`);
      await rig.clock.advance(1000);
      await rig.change(exited('c'));
      assert.deepEqual(rig.told(), ['failure Error', 'ongoing Error'], `${jumpMs}`);
    }
  });
});

describe('an initial sync', () => {
  const recovered = (finishedAtMs: number) =>
    pod().with(app().restarts(1).running('b').last({ id: 'a', finishedAtMs }));

  test('tells what fails now and what ended within the look-back, not what ended before', async () => {
    const rig = new PipelineRig({ lookBackMs: 60_000 });
    await rig.change(looping('x', 'u9').but({ createdAtMs: 1 }), 'initial', 'added');
    await rig.change(recovered(CREATED_MS - 59_000), 'initial', 'added');
    await rig.change(recovered(CREATED_MS - 61_000).but({ uid: 'u2' }), 'initial', 'added');
    assert.deepEqual(rig.told(), ['failure CrashLoopBackOff', 'failure Error']);
    assert.equal(rig.observer.takeDecisions().at(-1), 'look-back suppress ended-before-look-back');
  });

  test('does not tell what ended before when the pod changes later', async () => {
    const rig = new PipelineRig({ lookBackMs: 60_000 });
    await rig.change(recovered(CREATED_MS - 61_000), 'initial', 'added');
    await rig.change(recovered(CREATED_MS - 61_000).labelled({ new: 'label' }));
    assert.deepEqual(rig.told(), []);
  });

  test('after a restart reaches back to when this agent last watched', async () => {
    const first = new PipelineRig();
    await first.pipeline.load();
    await first.clock.advance(WATCHED_NOTE_MS + STATE_FLUSH_MS);
    await first.pipeline.stop();
    assert.equal(first.clock.pendingTimers, 0);
    await first.clock.advance(3_600_000);
    const again = new PipelineRig({ outbox: first.outbox, clock: first.clock, lookBackMs: 60_000 });
    await again.pipeline.load();
    await again.change(recovered(CREATED_MS + 600_000), 'initial', 'added');
    assert.deepEqual(again.told(), ['failure Error']);
    again.pipeline.synced();
    await again.change(recovered(CREATED_MS + 600_000).but({ uid: 'label-came-later' }), 'initial', 'added');
    assert.deepEqual(again.told(), ['failure Error'], 'a scope that comes later has its own window');
    await again.pipeline.stop();
  });

  test('killed before the first sync is over reaches back as far the next time', async () => {
    const first = new PipelineRig();
    await first.pipeline.load();
    first.pipeline.synced();
    await first.clock.advance(WATCHED_NOTE_MS + STATE_FLUSH_MS);
    await first.pipeline.stop();
    await first.clock.advance(3_600_000);
    const pods = ['seen', 'not-seen-yet'].map((uid) => recovered(CREATED_MS + 600_000).but({ uid }));
    for (const shown of [1, 2]) {
      const again = new PipelineRig({ outbox: first.outbox, clock: first.clock });
      await again.pipeline.load();
      for (const one of pods.slice(0, shown)) await again.change(one, 'initial', 'added');
      again.isTelling = false; // it is dead
    }
    assert.deepEqual(
      first.outbox.events.map(({ podUid }) => podUid),
      ['seen', 'not-seen-yet'],
    );
  });
});

describe('a restart', () => {
  test('tells nothing a second time and goes on counting', async () => {
    const first = new PipelineRig();
    await first.pipeline.load();
    await first.change(exited('a'));
    await first.change(looping('a'));
    await first.change(exited('b'));
    await first.pipeline.stop();
    const again = new PipelineRig({ outbox: first.outbox, clock: first.clock });
    await again.pipeline.load();
    await again.change(looping('b'), 'initial', 'added');
    await again.clock.advance(180_000);
    await again.change(pod({ uid: 'u1' }).with(app().restarts(5).running('f').last({ id: 'e' })));
    assert.deepEqual(again.told(), ['ongoing Error']);
    const [ongoing] = again.observer.storedFindings;
    assert.equal(ongoing?.occurrences, 2, 'b was counted before the restart');
    assert.equal(ongoing.restartsUnseen, 3, 'of five exits, a (or b) and the last one showed');
    await again.pipeline.stop();
  });

  test('forgets what is remembered of pods that are gone, after a while', async () => {
    const first = new PipelineRig();
    await first.pipeline.load();
    await first.change(exited('a'));
    await first.pipeline.stop();
    assert.equal(first.outbox.state.get('dedupe')?.size, 1);
    const again = new PipelineRig({ outbox: first.outbox, clock: first.clock });
    await again.pipeline.load();
    again.pipeline.synced();
    await again.clock.advance(20 * 60_000);
    assert.equal(again.outbox.state.get('dedupe')?.size, 0);
    assert.equal(again.outbox.state.get('restarts')?.size, 0);
    await again.pipeline.stop();
  });

  test('with state that cannot be read says so and begins anew', async () => {
    const outbox = new ScriptedOutbox();
    outbox.state.set('dedupe', new Map([['uid:u1', '{broken']]));
    outbox.state.set('restarts', new Map([['uid:u1', '[["app",-1,0,""]]']]));
    const rig = new PipelineRig({ outbox });
    await rig.pipeline.load();
    await rig.change(exited());
    assert.deepEqual(rig.observer.failures, ['load']);
    assert.deepEqual(rig.told(), ['failure Error']);
    await rig.pipeline.stop();
  });
});

describe('an outbox', () => {
  test('that is slow gets all that came meanwhile in one append, in order', async () => {
    const rig = new PipelineRig();
    let letGo = (): void => undefined;
    rig.outbox.script = [{ until: new Promise((resolve) => (letGo = resolve)) }];
    for (let i = 0; i < 5; i++)
      rig.pipeline.process({ type: 'modified', cause: 'watch', pod: exited('a', `u${i}`).facts() });
    letGo();
    await rig.pipeline.settled();
    assert.deepEqual(
      rig.outbox.appends.map((events) => events.length),
      [1, 4],
    );
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u0', 'u1', 'u2', 'u3', 'u4'],
    );
  });

  for (const trouble of ['full', 'broken'] as const) {
    test(`that is ${trouble} is tried again until it takes what was kept for it`, async () => {
      const rig = new PipelineRig();
      rig.outbox.script = [trouble, trouble];
      await rig.change(exited('a', 'u1'));
      await rig.change(exited('a', 'u2'));
      assert.deepEqual(rig.outbox.events, []);
      assert.deepEqual(rig.pipeline.state, {
        kind: 'waiting',
        reason: trouble === 'full' ? 'outbox-full' : 'outbox-failed',
      });
      await rig.clock.advance(2000);
      assert.deepEqual(
        rig.outbox.events.map(({ podUid }) => podUid),
        ['u1', 'u2'],
      );
      assert.deepEqual(rig.pipeline.state, { kind: 'running' });
      assert.equal(rig.clock.pendingTimers, 0);
    });
  }

  test('that takes nothing for long pauses detection, and everything is looked at again after', async () => {
    const rig = new PipelineRig();
    rig.outbox.script = Array<'full'>(3).fill('full');
    const all = Array.from({ length: FINDINGS_WAITING + 10 }, (_, i) => exited('a', `u${i}`).facts());
    for (const facts of all) rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
    await rig.pipeline.settled();
    assert.deepEqual(rig.pipeline.state, { kind: 'paused', reason: 'outbox-slow' });
    assert.equal(rig.observer.skippedChanges.length, 9, 'one was on its way when the last came');
    rig.pods = all;
    await rig.clock.advance(10_000);
    assert.deepEqual(rig.pipeline.state, { kind: 'running' });
    assert.equal(new Set(rig.outbox.events.map(({ podUid }) => podUid)).size, all.length);
    assert.equal(rig.outbox.events.length, all.length);
  });
});

describe('one pod that breaks a stage', () => {
  test('is reported and keeps no other from being told', async () => {
    const rig = new PipelineRig({
      encode: (finding) => {
        if (finding.pod.uid === 'bad') throw new Error('no');
        return new Uint8Array();
      },
    });
    await rig.change(exited('a', 'bad'));
    await rig.change(exited('a', 'good'));
    rig.pipeline.process({
      type: 'modified',
      cause: 'watch',
      pod: { ...pod().facts(), containers: [undefined as never] },
    });
    await rig.change(exited('a', 'fine'));
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['good', 'fine'],
    );
    assert.deepEqual(rig.observer.failures, ['encode', 'detect']);
  });
});
