/**
 * Failures while the outbox is full, broken and well again at any moment: nothing is swallowed in silence. Every finding
 * has a decision, the decisions add up to what is stored, and what still shows in the end is in the outbox, once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { COALESCED_SPACE, type CoalescedCounts } from '../../internal/pipeline/coalesce.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { ReleasedCounts } from '../../internal/pipeline/pipeline-observer.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PipelineRig, ScriptedOutbox } from '../support/pipeline-rig.ts';
import { app, pod } from '../support/pod-builder.ts';
import { runs } from '../support/runs.ts';

type Mood = 'well' | 'full' | 'brimful' | 'broken';

/** Full: but for state; brimful: even for that. */
class MoodyOutbox extends ScriptedOutbox {
  mood: Mood = 'well';

  override append: ScriptedOutbox['append'] = (events, state) => {
    if (this.mood === 'broken') return Promise.reject(new Error('the disk is gone'));
    const isFull = this.mood === 'brimful' || (this.mood === 'full' && events.length > 0);
    return isFull ? Promise.resolve({ result: 'full' }) : super.append(events, state);
  };
}

/** What was said of findings, summed up. */
class Sums {
  detected = 0;
  stored = 0;
  known = 0;
  released = 0;
  counted = 0;
  /** On the events themselves. */
  told = 0;

  watch(rig: PipelineRig): void {
    Object.assign(rig.observer, {
      processed: (_change: unknown, findings: readonly Finding[]) => (this.detected += findings.length),
      stored: (findings: readonly Finding[], known: number, released?: ReleasedCounts) => {
        this.stored += findings.length;
        this.known += known;
        this.released += released?.events ?? 0;
        this.counted += released?.counted ?? 0;
      },
    });
  }
}

function decided(rigs: readonly PipelineRig[], ...words: readonly string[]): number {
  const all = rigs.flatMap(({ observer }) => observer.decisions);
  return all.filter(({ stage, decision, reason }) =>
    words.every((word) => [stage, decision, reason].includes(word as never)),
  ).length;
}

interface World {
  readonly outbox: MoodyOutbox;
  readonly clock: ManualClock;
  readonly sums: Sums;
  readonly pods: Map<string, PodFacts>;
}

function start({ outbox, clock, sums, pods }: World): PipelineRig {
  const rig = new PipelineRig({
    ...{ outbox, clock, settings: { enabledReasons: ['*'] } },
    bounds: { held: 3, coalescedBytes: 100 },
    withCounts: (bytes: Uint8Array, { count }: CoalescedCounts) => {
      sums.told += count;
      return bytes;
    },
  });
  sums.watch(rig);
  Object.defineProperty(rig, 'pods', { get: () => [...pods.values()] });
  return rig;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('fail' as const), uid: fc.nat(30), exit: fc.nat(3), image: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('vanish' as const), uid: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood>('well', 'full', 'full', 'brimful', 'broken'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }) },
);
const kill = fc.record({ do: fc.constant('kill' as const) });

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(world: World, rig: PipelineRig, one: Step): Promise<void> {
  const { outbox, clock, pods } = world;
  switch (one.do) {
    case 'fail': {
      const failed = pod({ uid: `u${one.uid}` }).with(
        app()
          .image(`i${one.image}`)
          .exited({ id: `${one.uid}-${one.exit}` }),
      );
      pods.set(`u${one.uid}`, failed.facts());
      await rig.change(failed);
      return;
    }
    case 'vanish': {
      const gone = pods.get(`u${one.uid}`);
      pods.delete(`u${one.uid}`);
      if (gone !== undefined) rig.pipeline.process({ type: 'left', cause: 'watch', pod: gone });
      return;
    }
    case 'mood':
      outbox.mood = one.mood;
      return;
    case 'wait':
      await clock.advance(one.seconds * 1000);
  }
}

async function end(world: World, rig: PipelineRig): Promise<void> {
  world.outbox.mood = 'well';
  for (let second = 0; second < 120; second++) await world.clock.advance(1000);
  await rig.pipeline.settled();
}

/** Each incident of a pod that still shows was told under one id or another, and no id twice. */
function assertAllTold({ outbox, pods }: World): void {
  const told = new Set(outbox.events.map(({ podUid }) => podUid));
  for (const uid of pods.keys()) assert.ok(told.has(uid), `${uid} still fails and was never told`);
  assert.equal(new Set(outbox.events.map(({ eventId }) => eventId)).size, outbox.events.length);
  assert.equal(outbox.state.get(COALESCED_SPACE)?.size ?? 0, 0);
}

test('every finding is suppressed, deduplicated, stored or coalesced, and the sums agree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const world: World = { outbox: new MoodyOutbox(), clock: new ManualClock(), sums: new Sums(), pods: new Map() };
      const { sums } = world;
      const rig = start(world);
      for (const one of steps) await take(world, rig, one);
      await end(world, rig);
      const toAppend = decided([rig], 'dedupe', 'append');
      const suppressed = decided([rig], 'suppress') + decided([rig], 'deduplicate');
      assert.equal(suppressed + toAppend, sums.detected, 'each finding has its decision');
      const coalesced = decided([rig], 'append', 'coalesce');
      assert.equal(sums.stored + coalesced, toAppend, 'what was to be appended was stored or coalesced');
      assert.equal(sums.released, decided([rig], 'coalesce', 'kept'));
      assert.equal(sums.counted, decided([rig], 'coalesce', 'counted'));
      assert.equal(sums.told, sums.counted, 'and the plane is told how many were counted');
      assert.equal(sums.stored + sums.released - sums.known, world.outbox.events.length);
      assert.deepEqual(rig.pipeline.describe(), { kind: 'running', waiting: 0, fingerprints: 0, coalesced: 0 });
      assertAllTold(world);
    }),
    { numRuns: runs(100) },
  );
});

test('also where the agent is killed on the way, what still shows is told, and no id twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 10, arbitrary: step }, kill), { minLength: 20, maxLength: 120 }),
      async (steps) => {
        const world: World = { outbox: new MoodyOutbox(), clock: new ManualClock(), sums: new Sums(), pods: new Map() };
        let rig = start(world);
        await rig.pipeline.load();
        for (const one of steps) {
          if (one.do !== 'kill') {
            await take(world, rig, one);
            continue;
          }
          rig.isTelling = false;
          await rig.pipeline.stop();
          rig = start(world);
          await rig.pipeline.load();
          for (const facts of world.pods.values())
            rig.pipeline.process({ type: 'added', cause: 'initial', pod: facts });
          rig.pipeline.synced();
        }
        await end(world, rig);
        assertAllTold(world);
        await rig.pipeline.stop();
      },
    ),
    { numRuns: runs(100) },
  );
});
