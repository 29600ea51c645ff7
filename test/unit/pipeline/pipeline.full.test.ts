/** A full outbox: what is kept whole, what is counted, what is told once there is room, and that the sums are right. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COALESCED_SPACE } from '../../../internal/pipeline/coalesce.ts';
import type { CoalescedCounts } from '../../../internal/pipeline/coalesce.ts';
import { FINDINGS_WAITING } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const exited = (uid: string, image = 'shop:1', id = 'a'): PodBuilder =>
  pod({ uid }).with(app().image(image).exited({ id }));

/** Full until `hasRoom`, but for the few rows of what is counted. */
class FullOutbox extends ScriptedOutbox {
  hasRoom = false;
  /** Events that find room although it is full. */
  roomFor = 0;
  refused = 0;

  override append: ScriptedOutbox['append'] = (events, state) => {
    const fits = events.length <= this.roomFor;
    if (fits) this.roomFor -= events.length;
    if (this.hasRoom || fits) return super.append(events, state);
    this.refused += 1;
    return Promise.resolve({ result: 'full' });
  };
}

const withCounts = (bytes: Uint8Array, { count }: CoalescedCounts): Uint8Array =>
  new TextEncoder().encode(`${new TextDecoder().decode(bytes)}+${count}`);

class FullRig extends PipelineRig {
  declare readonly outbox: FullOutbox;

  constructor(options: RigOptions = {}) {
    super({ outbox: new FullOutbox(), withCounts, bounds: { held: 2 }, ...options });
  }

  /** Pods that fail one after the other, and are there from then on. */
  async fail(...pods: PodBuilder[]): Promise<void> {
    for (const one of pods) {
      this.pods.push(one.facts());
      await this.change(one);
    }
  }

  async makeRoom(): Promise<void> {
    this.outbox.hasRoom = true;
    await this.clock.advance(1_500);
    await this.pipeline.settled();
  }

  coalesced(): string[] {
    return this.observer.decisions.filter(({ decision }) => decision === 'coalesce').map(({ reason }) => reason);
  }

  /** Bytes of what was appended, in order. */
  bodies(): string[] {
    return this.outbox.events.map(({ bytes }) => new TextDecoder().decode(bytes));
  }
}

describe('an outbox that is full', () => {
  test('has the first failures kept whole, then the first of each fingerprint, and counts the others', async () => {
    const rig = new FullRig();
    await rig.fail(exited('u1'), exited('u2'), exited('u3'), exited('u4'), exited('u5', 'bank:1'), exited('u6'));
    assert.deepEqual(rig.coalesced(), ['kept', 'counted', 'kept', 'counted']);
    assert.deepEqual(rig.pipeline.describe(), {
      ...{ kind: 'coalescing', reason: 'outbox-full' },
      ...{ waiting: 2, fingerprints: 2, coalesced: 2 },
    });
  });

  test('gets all of them once there is room: what was counted on the first, and by itself what still shows', async () => {
    const rig = new FullRig();
    await rig.fail(...['u1', 'u2', 'u3', 'u4', 'u5'].map((uid) => exited(uid)));
    rig.pods = rig.pods.filter(({ uid }) => uid !== 'u5');
    await rig.makeRoom();
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u1', 'u2', 'u3', 'u4'],
    );
    const [, , third] = rig.bodies();
    assert.equal(third, `${rig.outbox.events[2]?.eventId ?? ''}+2`, 'u4 and u5 were counted; u4 still showed');
    assert.deepEqual(rig.pipeline.describe(), { kind: 'running', waiting: 0, fingerprints: 0, coalesced: 0 });
    assert.equal(rig.outbox.state.get(COALESCED_SPACE)?.size ?? 0, 0);
    assert.equal(rig.clock.pendingTimers, 0);
  });

  test('counts a failure that shows again only once', async () => {
    const rig = new FullRig();
    await rig.fail(exited('u1'), exited('u2'), exited('u3'), exited('u4'));
    for (let turn = 0; turn < 5; turn++) await rig.change(exited('u4'));
    assert.equal(rig.pipeline.describe().coalesced, 1);
    await rig.makeRoom();
    assert.equal(new Set(rig.outbox.events.map(({ eventId }) => eventId)).size, 4);
    assert.equal(rig.outbox.events.length, 4);
  });

  test('for all at once but not for a few gets them a few at a time, without waiting in between', async () => {
    const rig = new PipelineRig();
    const take = rig.outbox.append.bind(rig.outbox);
    let letGo = (): void => undefined;
    rig.outbox.script = [{ until: new Promise((resolve) => (letGo = resolve)) }];
    rig.outbox.append = (events, state) =>
      events.length > 3 ? Promise.resolve({ result: 'full' }) : take(events, state);
    for (let at = 0; at < 100; at++) {
      rig.pipeline.process({ type: 'modified', cause: 'watch', pod: exited(`u${at}`).facts() });
    }
    letGo();
    await rig.pipeline.settled();
    assert.equal(rig.outbox.events.length, 100);
    assert.deepEqual(rig.observer.states, [], 'it was never stuck');
    assert.equal(rig.clock.pendingTimers, 0);
  });

  test('is asked once a second, and no more', async () => {
    const rig = new FullRig();
    await rig.fail(...Array.from({ length: 50 }, (_, at) => exited(`u${at}`)));
    const before = rig.outbox.refused;
    await rig.clock.advance(60_000);
    assert.ok(rig.outbox.refused - before <= 61, `${rig.outbox.refused - before} times`);
  });

  test('gets the rows of what is counted, so that a killed agent goes on counting', async () => {
    const first = new FullRig();
    await first.fail(exited('u1'), exited('u2'), exited('u3'), exited('u4'));
    await first.clock.advance(1_000);
    assert.equal(first.outbox.state.get(COALESCED_SPACE)?.size, 1);
    first.isTelling = false; // it is dead
    const again = new FullRig({ outbox: first.outbox, clock: first.clock });
    await again.pipeline.load();
    assert.deepEqual(again.pipeline.describe().coalesced, 1);
    await again.fail(exited('u3'), exited('u1'), exited('u2'), exited('u4'), exited('u5'));
    again.isTelling = true;
    await again.makeRoom();
    await again.pipeline.stop();
    const ids = again.outbox.events.map(({ podUid }) => podUid).sort();
    assert.deepEqual(ids, ['u1', 'u2', 'u3', 'u4', 'u5']);
  });

  test('that takes one now and then has a killed agent look back to what was still waiting', async () => {
    const exitedAt = (uid: string): PodBuilder =>
      pod({ uid }).with(app().exited({ id: uid, finishedAtMs: CREATED_MS }));
    const first = new FullRig();
    await first.pipeline.load();
    first.pipeline.synced();
    await first.fail(exitedAt('u1'), exitedAt('u2'));
    await first.clock.advance(3_600_000);
    first.outbox.roomFor = 1;
    await first.clock.advance(3_000);
    assert.equal(first.outbox.events.length, 1);
    first.isTelling = false; // it is dead
    first.outbox.hasRoom = true;
    const again = new PipelineRig({ outbox: first.outbox, clock: first.clock });
    await again.pipeline.load();
    for (const uid of ['u1', 'u2']) await again.change(exitedAt(uid), 'initial', 'added');
    await again.pipeline.stop();
    assert.deepEqual(
      first.outbox.events.map(({ podUid }) => podUid),
      ['u1', 'u2'],
    );
  });

  test('pauses detection once the rows take all they may and too much waits; then everything is looked at', async () => {
    const rig = new FullRig({ bounds: { held: 2, coalescedBytes: 40 } });
    const images = Array.from({ length: FINDINGS_WAITING + 100 }, (_, at) => exited(`u${at}`, `image:${at}`));
    await rig.fail(...images.slice(0, 5));
    assert.deepEqual(rig.coalesced(), ['kept'], 'one row of 32 bytes');
    rig.pods = images.map((one) => one.facts());
    for (const facts of rig.pods.slice(5)) rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
    assert.equal(rig.pipeline.state.kind, 'paused');
    assert.ok(rig.observer.skippedChanges.length > 0);
    await rig.makeRoom();
    assert.deepEqual(rig.pipeline.state, { kind: 'running' });
    assert.equal(new Set(rig.outbox.events.map(({ podUid }) => podUid)).size, images.length);
  });

  test('whose room the leadership outlived: a new term tells what was only counted', async () => {
    const rig = new FullRig();
    await rig.fail(exited('u1'), exited('u2'), exited('u3'), exited('u4'));
    rig.isTelling = false;
    await rig.makeRoom();
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u3'],
      'what it had taken over, it delivers',
    );
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.pipeline.settled();
    assert.deepEqual(rig.outbox.events.map(({ podUid }) => podUid).sort(), ['u1', 'u2', 'u3', 'u4']);
  });
});

describe('a namespace that leaves the scope', () => {
  test('is forgotten after a while, and what a follower kept of it at once', async () => {
    const rig = new PipelineRig();
    await rig.pipeline.load();
    await rig.change(exited('u1'));
    rig.isTelling = false;
    await rig.change(exited('u2'));
    rig.pipeline.left(exited('u1').facts().namespace);
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.clock.advance(20 * 60_000);
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u1'],
    );
    assert.equal(rig.outbox.state.get('dedupe')?.size, 0);
    await rig.pipeline.stop();
  });
});
