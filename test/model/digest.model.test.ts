/**
 * Storms under any history of kills, full and broken outboxes, leaderships that come and go and planes that change their
 * mind: every failure that was stored is told exactly once, by itself or in a digest, and so is all that shows in the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DIGEST_SPACE } from '../../internal/pipeline/digest.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { ScriptedOutbox, type PipelineRig } from '../support/pipeline-rig.ts';
import { failingPod, idsToldBy, stormRig, WINDOW_MS, wireEvents } from '../support/storm-rig.ts';
import { runs } from '../support/runs.ts';

type Mood = 'well' | 'full' | 'broken';

class MoodyOutbox extends ScriptedOutbox {
  mood: Mood = 'well';

  override append: ScriptedOutbox['append'] = (events, state) => {
    if (this.mood === 'broken') return Promise.reject(new Error('the disk is gone'));
    if (this.mood === 'full' && events.length > 0) return Promise.resolve({ result: 'full' });
    return super.append(events, state);
  };
}

/** The outbox as one process has it: whose process is dead hears nothing more, and changes nothing. */
class OneProcess extends ScriptedOutbox {
  isDead = false;
  readonly #outbox: MoodyOutbox;

  constructor(outbox: MoodyOutbox) {
    super();
    this.#outbox = outbox;
  }

  override append: ScriptedOutbox['append'] = (events, state) =>
    this.isDead ? new Promise(() => undefined) : this.#outbox.append(events, state);

  override loadState: ScriptedOutbox['loadState'] = (space) => this.#outbox.loadState(space);
}

class World {
  readonly outbox = new MoodyOutbox();
  readonly clock = new ManualClock();
  readonly pods = new Map<number, PodFacts>();
  readonly rigs: PipelineRig[] = [];
  rig!: PipelineRig;
  #process!: OneProcess;
  #isWanted = true;

  /** Kills the process there is, and starts another one. */
  async start(): Promise<void> {
    const isTelling = this.rigs.length === 0 || this.rig.isTelling;
    if (this.rigs.length > 0) this.#process.isDead = true;
    this.#process = new OneProcess(this.outbox);
    this.rig = stormRig({ outbox: this.#process, clock: this.clock });
    this.rigs.push(this.rig);
    this.rig.isTelling = isTelling;
    this.want(this.#isWanted);
    Object.defineProperty(this.rig, 'pods', { get: () => [...this.pods.values()] });
    await this.rig.pipeline.load();
    for (const pod of this.pods.values()) this.rig.pipeline.process({ type: 'added', cause: 'initial', pod });
    this.rig.pipeline.synced();
  }

  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.rig.settings = { ...this.rig.settings, eventTypes: isWanted ? ['digest'] : [] };
  }

  lead(isTelling: boolean): void {
    const begins = isTelling && !this.rig.isTelling;
    this.rig.isTelling = isTelling;
    if (begins) this.rig.pipeline.beginTerm(undefined);
  }

  fail(from: number, count: number): void {
    for (let number = from; number < from + count; number++) {
      const pod = failingPod(number, number % 3 === 0 ? 'api' : 'web').facts();
      this.pods.set(number, pod);
      this.rig.pipeline.process({ type: 'modified', cause: 'watch', pod });
    }
  }

  vanish(number: number): void {
    const pod = this.pods.get(number);
    if (pod === undefined) return;
    this.pods.delete(number);
    this.rig.pipeline.process({ type: 'deleted', cause: 'watch', pod });
  }

  /** All is well again, and time passes. */
  async end(): Promise<void> {
    this.outbox.mood = 'well';
    this.lead(true);
    for (let round = 0; round < 4; round++) {
      await this.clock.advance(WINDOW_MS);
      await this.rig.pipeline.settled();
    }
    await this.rig.pipeline.stop();
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('vanish' as const), number: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 10, 1500, 70_000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lead' as const), is: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('want' as const), is: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('mood' as const), mood: fc.constantFrom<Mood>('well', 'full', 'broken') }),
  },
);

async function play(world: World, actions: readonly Action[]): Promise<void> {
  let next = 0;
  for (const step of actions) {
    switch (step.do) {
      case 'fail':
        world.fail(next, step.count);
        next += step.count;
        break;
      case 'vanish':
        world.vanish(step.number);
        break;
      case 'pass':
        await world.clock.advance(step.ms);
        break;
      case 'kill':
        await world.start();
        break;
      case 'lead':
        world.lead(step.is);
        break;
      case 'want':
        world.want(step.is);
        break;
      case 'mood':
        world.outbox.mood = step.mood;
    }
  }
}

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function assertEachOnce(world: World): void {
  const told = idsToldBy(wireEvents(world.outbox));
  const known = new Set(told);
  assert.equal(known.size, told.length, 'an id was told twice');
  for (const { eventId, pod } of world.rigs.flatMap(({ observer }) => observer.storedFindings)) {
    assert.ok(known.has(eventId), `the failure of ${pod.name} was stored and never told`);
  }
  const podsTold = new Set(
    world.rigs
      .flatMap(({ observer }) => observer.storedFindings)
      .filter(({ eventId }) => known.has(eventId))
      .map(({ pod }) => pod.name),
  );
  for (const { name } of world.pods.values()) assert.ok(podsTold.has(name), `${name} shows a failure nobody told`);
  assert.equal(world.outbox.state.get(DIGEST_SPACE)?.size ?? 0, 0, 'something is still gathered');
}

test('every failure of a storm is told exactly once, whatever happens to the agent meanwhile', async () => {
  let digests = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const world = new World();
      await world.start();
      await play(world, actions);
      await world.end();
      assertEachOnce(world);
      digests += world.rigs.flatMap(({ observer }) => observer.digests).length;
    }),
    { numRuns: runs(200) },
  );
  assert.ok(digests > runs(100), `only ${digests} digests: the histories are no storms`);
});
