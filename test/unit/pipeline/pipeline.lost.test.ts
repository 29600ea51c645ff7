/** What damage takes out of the outbox is told again, as far as it still shows, although it is remembered as told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIGEST_SPACE } from '../../../internal/pipeline/digest.ts';
import { LOST_MARK } from '../../../internal/pipeline/outbox.ts';
import { LOST_LOOK_BACK_MS, LOST_TOGETHER_MS, STATE_FLUSH_MS } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';
import { failingPod, idsToldBy, storm, stormRig, wireEvents } from '../../support/storm-rig.ts';

const HOUR_MS = 3_600_000;
const names = ['api', 'db', 'web'];
const evicted = (name: string): PodBuilder => pod().named('shop', name).failed('Evicted', 'the node was low on memory');
const toldOf = ({ outbox }: PipelineRig): string[] => outbox.events.map(({ pod: name }) => name).sort();
const isMarked = ({ state }: ScriptedOutbox): boolean => state.get(LOST_MARK.space)?.has(LOST_MARK.key) ?? false;

function lose({ outbox }: PipelineRig, name: string): void {
  outbox.lose(...outbox.events.filter((event) => event.pod === name).map(({ eventId }) => eventId));
}

/** An agent that has told of three pods and sees them still. */
async function toldOfThree(options: RigOptions = {}): Promise<PipelineRig> {
  const rig = new PipelineRig(options);
  await rig.pipeline.load();
  rig.pipeline.synced();
  for (const name of names) await rig.change(evicted(name), 'watch', 'added');
  rig.pods = names.map((name) => evicted(name).facts());
  await rig.clock.advance(3 * HOUR_MS);
  return rig;
}

/** The next agent on the disk of that one, which is dead, and sees the same. */
async function nextAgent(dead: PipelineRig, isTelling = true, successor = new ScriptedOutbox()): Promise<PipelineRig> {
  dead.isTelling = false;
  const { clock, pods } = dead;
  const { events, state } = dead.outbox;
  const rig = new PipelineRig({ outbox: Object.assign(successor, { events, state }), clock });
  rig.isTelling = isTelling;
  rig.pods = pods;
  await rig.pipeline.load();
  for (const one of pods) rig.pipeline.process({ type: 'added', cause: 'initial', pod: one });
  rig.pipeline.synced();
  await rig.pipeline.settled();
  return rig;
}

async function lookDone(rig: PipelineRig): Promise<void> {
  await rig.clock.advance(LOST_TOGETHER_MS);
  await rig.pipeline.settled();
}

describe('an event that the outbox lost', () => {
  test('is told again under its id, within a minute', async () => {
    const rig = await toldOfThree();
    const before = rig.outbox.events.map(({ eventId }) => eventId).sort();
    lose(rig, 'db');
    assert.deepEqual(toldOf(rig), ['api', 'web']);
    await lookDone(rig);
    assert.deepEqual(rig.outbox.events.map(({ eventId }) => eventId).sort(), before);
    await rig.pipeline.stop();
  });

  test('is told once, and remembered as told with the loss no longer marked', async () => {
    const rig = await toldOfThree();
    lose(rig, 'db');
    await lookDone(rig);
    await rig.clock.advance(2 * STATE_FLUSH_MS);
    assert.equal(isMarked(rig.outbox), false);
    rig.outbox.events.splice(0);
    const next = await nextAgent(rig);
    await lookDone(next);
    assert.deepEqual(toldOf(next), []);
    await Promise.all([rig.pipeline.stop(), next.pipeline.stop()]);
  });

  test('is told by the next agent where this one dies before it has looked', async () => {
    const rig = await toldOfThree();
    lose(rig, 'db');
    const next = await nextAgent(rig);
    assert.deepEqual(toldOf(next), names);
    await next.pipeline.stop();
  });

  test('shares one look at all pods with those lost in the same minute', async () => {
    const rig = await toldOfThree();
    const looksBefore = rig.observer.changes;
    for (const name of names) lose(rig, name);
    await lookDone(rig);
    await lookDone(rig);
    assert.equal(rig.observer.changes - looksBefore, names.length);
    assert.deepEqual(toldOf(rig), names);
    await rig.pipeline.stop();
  });

  test('while the memory of an earlier agent is still being read is told, too', async () => {
    const rig = await toldOfThree();
    class DrainedMeanwhile extends ScriptedOutbox {
      override async loadState(space: string): Promise<ReadonlyMap<string, string>> {
        const stored = await super.loadState(space);
        if (space === LOST_MARK.space) this.lose(...this.events.map(({ eventId }) => eventId));
        return stored;
      }
    }
    const next = await nextAgent(rig, true, new DrainedMeanwhile());
    await lookDone(next);
    assert.deepEqual(toldOf(next), names);
    await next.pipeline.stop();
  });

  test('waits for the term of an agent that may not tell', async () => {
    const rig = await toldOfThree();
    lose(rig, 'db');
    const next = await nextAgent(rig, false);
    await lookDone(next);
    assert.deepEqual([toldOf(next), isMarked(next.outbox)], [['api', 'web'], true]);
    next.isTelling = true;
    next.pipeline.beginTerm(next.clock.now());
    await next.pipeline.settled();
    assert.deepEqual(toldOf(next), names);
    await next.pipeline.stop();
  });

  test('waits until a full outbox takes something again', async () => {
    const rig = await toldOfThree();
    rig.outbox.script.push('full', 'full');
    await rig.change(evicted('cron'), 'watch', 'added');
    rig.pods.push(evicted('cron').facts());
    lose(rig, 'db');
    await lookDone(rig);
    assert.deepEqual(toldOf(rig), ['api', 'cron', 'db', 'web']);
    await rig.pipeline.stop();
  });
});

describe('a look for what was lost', () => {
  const exitedAt = (name: string, finishedAtMs: number): PodBuilder =>
    pod({ uid: name })
      .named('shop', name)
      .with(app().exited({ id: name, finishedAtMs }));

  test('goes back as far as the plane surely remembers ids, and no further', async () => {
    const rig = new PipelineRig();
    await rig.pipeline.load();
    rig.pipeline.synced();
    const pods = [exitedAt('early', CREATED_MS + HOUR_MS), exitedAt('late', CREATED_MS + 3 * 24 * HOUR_MS)];
    for (const one of pods) await rig.change(one, 'watch', 'added');
    rig.pods = pods.map((one) => one.facts());
    assert.deepEqual(toldOf(rig), ['early', 'late']);
    await rig.pipeline.stop();
    await rig.clock.advance(CREATED_MS + LOST_LOOK_BACK_MS + 24 * HOUR_MS - rig.clock.now());
    for (const name of ['early', 'late']) lose(rig, name);
    const next = await nextAgent(rig);
    assert.deepEqual(toldOf(next), ['late']);
    await next.pipeline.stop();
  });

  test('finds what ended long before the start, where the memory of it is lost as well', async () => {
    const outbox = new ScriptedOutbox();
    const { space, key } = LOST_MARK;
    outbox.state.set(space, new Map([[key, '1']]));
    const rig = new PipelineRig({ outbox });
    await rig.clock.advance(24 * HOUR_MS);
    rig.pods = [exitedAt('late', CREATED_MS + HOUR_MS).facts()];
    const next = await nextAgent(rig);
    assert.deepEqual(toldOf(next), ['late']);
    await next.pipeline.stop();
  });

  test('tells nothing of what was over before anybody looked', async () => {
    const rig = new PipelineRig();
    await rig.clock.advance(24 * HOUR_MS);
    await rig.pipeline.load();
    const old = exitedAt('old', CREATED_MS + HOUR_MS);
    await rig.change(old, 'initial', 'added');
    rig.pipeline.synced();
    rig.pods = [old.facts()];
    rig.outbox.lose();
    await lookDone(rig);
    assert.deepEqual(toldOf(rig), []);
    await rig.pipeline.stop();
  });
});

describe('state that can not be read at the start', () => {
  test('of failures that were gathered, is removed, and the failures are told', async () => {
    const killed = stormRig();
    await killed.pipeline.load();
    killed.pipeline.synced();
    await storm(killed, 20);
    const { outbox, clock } = killed;
    const gathered = outbox.state.get(DIGEST_SPACE) ?? new Map<string, string>();
    const damaged = [...gathered.keys()].slice(0, 4);
    for (const key of damaged) gathered.set(key, '');
    const { events, state } = outbox;
    const rig = stormRig({ outbox: Object.assign(new ScriptedOutbox(), { events, state }), clock });
    rig.pods = Array.from({ length: 20 }, (_, number) => failingPod(number).facts());
    await rig.pipeline.load();
    assert.ok(damaged.every((key) => !gathered.has(key)));
    for (const one of rig.pods) rig.pipeline.process({ type: 'added', cause: 'initial', pod: one });
    rig.pipeline.synced();
    await rig.pipeline.stop();
    assert.equal(new Set(idsToldBy(wireEvents(rig.outbox))).size, 20);
  });
});
