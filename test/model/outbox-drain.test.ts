/**
 * Drain and outbox against a plane of changing moods: whatever they are and whenever they change, once the plane is well
 * every event has been told, once, or lies in quarantine; nothing is lost on the way.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drainUnderTest, type DrainUnderTest } from '../support/drain-under-test.ts';
import { outboxEvent } from '../support/outbox-event.ts';
import type { Mood } from '../support/scripted-plane.ts';
import { runs } from '../support/runs.ts';

const histories = Number(process.env['OUTBOX_MODEL_RUNS'] ?? runs(60));
const HOUR_MS = 3_600_000;

type Step =
  | { readonly kind: 'append'; readonly pods: readonly number[]; readonly poison: readonly boolean[] }
  | { readonly kind: 'mood'; readonly mood: Mood; readonly largestBody: number }
  | { readonly kind: 'wait'; readonly ms: number };

const transportMoods: readonly Mood[] = [
  ...([{ is: 'well' }, { is: 'down' }, { is: 'mute' }, { is: 'hanging' }] as const),
  { is: 'refusing', reason: 'unauthorized', status: 401 },
  { is: 'refusing', reason: 'unauthorized', status: 403 },
];
const allMoods: readonly Mood[] = [
  ...transportMoods,
  { is: 'failing' },
  { is: 'rejecting' },
  { is: 'down', afterMs: 7000 },
];

function anySteps(moods: readonly Mood[], poisonWeight: number): fc.Arbitrary<Step[]> {
  const poison = fc.oneof(
    { weight: 20, arbitrary: fc.constant(false) },
    { weight: poisonWeight, arbitrary: fc.constant(true) },
  );
  return fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('append' as const),
        pods: fc.array(fc.nat(6), { minLength: 1, maxLength: 15 }),
        poison: fc.array(poison, { minLength: 15, maxLength: 15 }),
      }),
      fc.record({
        kind: fc.constant('mood' as const),
        mood: fc.constantFrom(...moods),
        largestBody: fc.constantFrom(Infinity, Infinity, 400),
      }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 10, 999, 5000, 45_000, 600_000) }),
    ),
    { maxLength: 25 },
  );
}

interface Outcome {
  readonly under: DrainUnderTest;
  readonly podOf: ReadonlyMap<string, string>;
  readonly quarantined: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Runs the steps, then lets the plane be well for a day, in which now and then an event of another pod comes: what gets
 * through is what tells an event that can't be taken from a plane that takes nothing.
 */
async function run(steps: readonly Step[]): Promise<Outcome> {
  const ends: (() => Promise<void>)[] = [];
  const under = await drainUnderTest({ after: (end) => ends.push(end) }, { settingsChange: { batchSize: 8 } });
  const podOf = new Map<string, string>();
  under.drain.start();
  for (const step of steps) await take(step, under, podOf);
  under.plane.largestBody = Infinity;
  under.plane.releaseAll();
  for (let hour = 0; hour < 24; hour++) {
    await under.clock.advance(HOUR_MS);
    const event = outboxEvent(`hourly-${hour}`);
    podOf.set(event.eventId, event.podUid);
    await under.outbox.append([event], []);
  }
  await under.clock.advance(HOUR_MS);
  const quarantined = (await under.outbox.quarantined()).map((event) => event.eventId);
  const kept = (await under.outbox.list(0, 1e6)).map((listed) => listed.event.eventId);
  assert.ok(under.plane.mostInFlight <= 2);
  for (const end of ends) await end();
  return { under, podOf, quarantined, kept };
}

async function take(step: Step, { clock, plane, outbox }: DrainUnderTest, podOf: Map<string, string>): Promise<void> {
  if (step.kind === 'wait') await clock.advance(step.ms);
  else if (step.kind === 'mood') {
    plane.releaseAll();
    plane.mood = step.mood;
    plane.largestBody = step.largestBody;
  } else {
    const events = step.pods.map((pod, index) => outboxEvent(`e${podOf.size + index}`, `pod-${pod}`));
    for (const [index, event] of events.entries()) {
      podOf.set(event.eventId, event.podUid);
      if (step.poison[index] === true) (index % 2 === 0 ? plane.poison : plane.filtered).add(event.eventId);
    }
    await outbox.append(events, []);
    await clock.advance(0);
  }
}

test('through any failures of the way to it everything is told once, in order for each pod', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(transportMoods, 0), async (steps) => {
      const { under, podOf, quarantined } = await run(
        steps.map((step) => ('largestBody' in step ? { ...step, largestBody: Infinity } : step)),
      );
      assert.deepEqual([quarantined, under.plane.repeated], [[], 0]);
      for (const pod of new Set(podOf.values())) {
        const ofPod = (ids: Iterable<string>): string[] => [...ids].filter((id) => podOf.get(id) === pod);
        assert.deepEqual(ofPod(under.plane.told), ofPod(podOf.keys()));
      }
    }),
    { numRuns: histories },
  );
});

test('with events it can not take all others are told once, and those are quarantined', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(transportMoods, 3), async (steps) => {
      const { under, podOf, quarantined, kept } = await run(steps);
      const { told } = under.plane;
      const poison = under.plane.poison.union(under.plane.filtered);
      assert.equal(under.plane.repeated, 0);
      const healthy = [...podOf.keys()].filter((id) => !poison.has(id));
      assert.deepEqual([[...told].sort(), kept], [healthy.sort(), []]);
      assert.deepEqual([...quarantined].sort(), [...poison].sort());
    }),
    { numRuns: histories },
  );
});

test('whatever it answers nothing is lost: told, quarantined or kept, and told at most once', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps(allMoods, 2), async (steps) => {
      const { under, podOf, quarantined, kept } = await run(steps);
      const { told } = under.plane;
      assert.equal(under.plane.repeated, 0);
      assert.deepEqual([...told, ...quarantined, ...kept].sort(), [...podOf.keys()].sort());
      assert.deepEqual(kept, []);
    }),
    { numRuns: histories },
  );
});
