import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { useCooldown } from '../../../cmd/plane/project/cooldown.ts';
import { prepare } from '../../../cmd/plane/project/decide.ts';
import { ENTRY_LENGTH } from '../../../cmd/plane/project/entry.ts';
import { forget, isForgettingDue } from '../../../cmd/plane/project/forget.ts';
import { Memories } from '../../../cmd/plane/project/memories.ts';
import { read, type ReceivedItem } from '../../../cmd/plane/project/received.ts';
import { emptyHead, readMemory, type Head } from '../../../cmd/plane/project/state.ts';
import { PlaneFault, take, type Receipt, type TakeOptions } from '../../../cmd/plane/project/take.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { anEvent } from '../../support/event-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Crash, Invocation, PlaneObject } from '../../support/plane-object.ts';

const DAY_MS = 86_400_000;

/** A plane for one cluster, whose process and invocations can end at any step. */
class PlaneUnderTest {
  readonly clock = new ManualClock();
  readonly object = new PlaneObject();
  memories = new Memories();
  #invocations = 0;

  deliver(events: readonly WireEvent[], options: Partial<TakeOptions> = {}): Promise<Receipt> {
    return this.attempt(this.invocation(), events, undefined, options);
  }

  invocation(): Invocation {
    return new Invocation(`inv-${++this.#invocations}`);
  }

  async attempt(
    invocation: Invocation,
    events: readonly WireEvent[],
    crashAt?: number,
    options: Partial<TakeOptions> = {},
  ): Promise<Receipt> {
    const delivery = { events: events.map(prepare), body: Buffer.from(JSON.stringify(events)) };
    const taking = {
      memories: this.memories,
      clock: this.clock,
      cooldownMs: 180_000,
      deliveriesKept: 1000,
      ...options,
    };
    const { receipt } = await this.object.attempt(invocation, (context) => take(context, delivery, taking), crashAt);
    return receipt;
  }

  get head(): Head {
    return (this.object.state.get('head') as Head | undefined) ?? emptyHead();
  }

  async received(): Promise<readonly ReceivedItem[]> {
    return (await this.object.attempt(this.invocation(), (context) => read(context, 0, 1_000_000))).items;
  }

  async forgetAll(): Promise<void> {
    const nowMs = this.clock.now();
    while (await this.object.attempt(this.invocation(), (context) => forget(context, nowMs)));
  }

  keys(prefix: string): string[] {
    return [...this.object.state.keys()].filter((key) => key.startsWith(prefix));
  }
}

/** As text: a difference of a thousand objects takes assert minutes to draw. */
const idsOf = (items: readonly { readonly event: { readonly event_id: string } }[]): string =>
  items.map(({ event }) => event.event_id).join();

function ofCrash(error: unknown): void {
  if (!(error instanceof Crash)) throw error;
}

const numbered = (from: number, count: number): WireEvent[] =>
  Array.from({ length: count }, (_, index) => anEvent(String(from + index)));

describe('a delivery', () => {
  test('is recorded in the bytes it came in, and answered with what became of it', async () => {
    const plane = new PlaneUnderTest();
    assert.deepEqual(await plane.deliver(numbered(0, 3)), { received: 3, repeated: 0, told: 3 });
    assert.deepEqual(await plane.deliver(numbered(2, 2)), { received: 1, repeated: 1, told: 1 });
    const items = await plane.received();
    assert.deepEqual(
      items.map(({ event }) => event),
      numbered(0, 4),
    );
    assert.deepEqual(
      items.map(({ delivery }) => delivery),
      [0, 0, 0, 1],
    );
    assert.deepEqual(plane.head.counts, { deliveries: 2, closed: 0, events: { told: 4, known: 1 } });
  });

  test('of nothing new leaves no record, only a count', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 2));
    await plane.deliver(numbered(0, 2));
    assert.deepEqual([plane.keys('log/').length, plane.head.counts.events.known], [1, 2]);
  });

  test('costs a head of bounded size, whatever is remembered', async () => {
    const plane = new PlaneUnderTest();
    for (let from = 0; from < 20_000; from += 1000) await plane.deliver(numbered(from, 1000));
    for (let from = 20_000; from < 21_000; from += 1) await plane.deliver(numbered(from, 1));
    assert.ok(JSON.stringify(plane.head).length < 16 * 1024, `${JSON.stringify(plane.head).length}`);
    const pages = plane.keys('page/').map((key) => (plane.object.state.get(key) as Buffer).length);
    assert.ok(pages.every((bytes) => bytes <= 64 * 1024 && bytes % ENTRY_LENGTH === 0));
    assert.ok(pages.length < 42_000 / 500);
    const memory = await plane.object.attempt(plane.invocation(), (context) => readMemory(context, plane.head));
    assert.equal(memory.events, 21_000);
  });

  test('is judged by the cooldown of its own cluster, by whatever process', async () => {
    const plane = new PlaneUnderTest();
    const toldAfter = async (seconds: number): Promise<number> => {
      const observed_at = new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();
      return (await plane.deliver([anEvent(`at-${seconds}`, { incident_key: 'one', observed_at })])).told;
    };
    const cool = (cooldownMs: number | undefined): Promise<void> =>
      plane.object.attempt(plane.invocation(), (context) => useCooldown(context, cooldownMs, plane.memories));
    assert.deepEqual([await toldAfter(0), await toldAfter(60)], [1, 0]);
    await cool(30_000);
    assert.deepEqual([await toldAfter(70), await toldAfter(90), await toldAfter(101)], [1, 0, 1]);
    plane.memories = new Memories();
    assert.equal(await toldAfter(132), 1);
    await cool(undefined);
    assert.deepEqual([await toldAfter(170), await toldAfter(400)], [0, 1]);
  });

  test('lets the oldest record go when too many are kept; its ids stay known', async () => {
    const plane = new PlaneUnderTest();
    for (let index = 0; index < 10; index++) await plane.deliver(numbered(index, 1), { deliveriesKept: 3 });
    assert.deepEqual(
      (await plane.received()).map(({ delivery }) => delivery),
      [7, 8, 9],
    );
    assert.deepEqual(await plane.deliver(numbered(0, 10)), { received: 0, repeated: 10, told: 0 });
  });

  test('that this plane fails at writes nothing', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 1));
    const before = JSON.stringify([...plane.object.state]);
    const broken = { ...prepare(anEvent('x')), get name(): string { throw new TypeError('a bug'); } }; // prettier-ignore
    const options = { memories: plane.memories, clock: plane.clock, cooldownMs: 1, deliveriesKept: 1 };
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(
        plane.object.attempt(plane.invocation(), (context) =>
          take(context, { events: [broken], body: Buffer.from('[]') }, options),
        ),
        PlaneFault,
      );
    }
    assert.equal(JSON.stringify([...plane.object.state]), before);
    assert.equal((await plane.deliver(numbered(1, 1))).received, 1);
  });
});

describe('a process that knows nothing yet', () => {
  test('reads what is remembered and decides the same', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 600));
    plane.memories = new Memories();
    assert.deepEqual(await plane.deliver(numbered(599, 2)), { received: 1, repeated: 1, told: 1 });
  });

  test('or remembers another state than the one that counts, does not trust itself', async () => {
    const [one, other] = [new PlaneUnderTest(), new Memories()];
    await one.deliver(numbered(0, 1));
    const mine = one.memories;
    one.memories = other;
    await one.deliver(numbered(1, 1));
    one.memories = mine;
    assert.deepEqual(await one.deliver(numbered(0, 2)), { received: 0, repeated: 2, told: 0 });
  });
});

describe('forgetting', () => {
  test('is due a week after the first page was left behind, once a day', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 1));
    for (let day = 1; day <= 7; day++) {
      assert.equal(isForgettingDue(plane.head, plane.clock.now()), false, `day ${day}`);
      await plane.clock.advance(DAY_MS);
      await plane.deliver(numbered(day, 1));
    }
    await plane.clock.advance(DAY_MS);
    assert.equal(isForgettingDue(plane.head, plane.clock.now()), true);
  });

  test('lets ids and records of more than a week go, and keeps what was seen since', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 1000));
    await plane.clock.advance(3 * DAY_MS);
    await plane.deliver(numbered(0, 1));
    await plane.clock.advance(5 * DAY_MS);
    await plane.deliver(numbered(5000, 1000));
    await plane.forgetAll();
    assert.equal(idsOf(await plane.received()), idsOf(numbered(5000, 1000).map((event) => ({ event }))));
    assert.deepEqual(await plane.deliver(numbered(0, 2)), { received: 1, repeated: 1, told: 0 });
  });

  test('carries open incidents over, however old', async () => {
    const plane = new PlaneUnderTest();
    await plane.deliver(numbered(0, 1000));
    await plane.clock.advance(8 * DAY_MS);
    await plane.deliver(numbered(5000, 1000));
    await plane.forgetAll();
    const memory = await plane.object.attempt(plane.invocation(), (context) => readMemory(context, plane.head));
    assert.deepEqual([memory.events, [...memory.incidents()].length], [1000, 2000]);
  });

  test('that is killed at any step leaves every open incident open', async () => {
    for (let step = 0; step < 40; step++) {
      const plane = new PlaneUnderTest();
      await plane.deliver(numbered(0, 1000));
      await plane.clock.advance(8 * DAY_MS);
      await plane.deliver(numbered(5000, 10));
      const nowMs = plane.clock.now();
      await plane.object.attempt(plane.invocation(), (context) => forget(context, nowMs), step).catch(ofCrash);
      const memory = await plane.object.attempt(plane.invocation(), (context) => readMemory(context, plane.head));
      assert.equal([...memory.incidents()].length, 1010, `killed before step ${step}`);
    }
  });
});

describe('whatever ends in between', () => {
  /** Deliveries out of a few ids, each with crashes: at how many commands, and whether the process or the call dies too. */
  const runs = fc.array(
    fc.record({
      ids: fc.array(fc.nat(30), { minLength: 1, maxLength: 8 }),
      crashes: fc.array(fc.record({ atCommand: fc.nat(8), losesMemory: fc.boolean(), isKilled: fc.boolean() }), {
        maxLength: 3,
      }),
    }),
    { maxLength: 12 },
  );

  test('each event is recorded exactly once, and replays take the same steps', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async (deliveries) => {
        const plane = new PlaneUnderTest();
        for (const { ids, crashes } of deliveries) {
          const events = ids.map((id) => anEvent(String(id)));
          let invocation = plane.invocation();
          for (const { atCommand, losesMemory, isKilled } of crashes) {
            await plane
              .attempt(invocation, events, atCommand)
              .catch((error: unknown) => assert.ok(error instanceof Crash));
            if (losesMemory) plane.memories = new Memories();
            // Killed, and sent again by its agent under another key.
            if (isKilled) invocation = plane.invocation();
          }
          await plane.attempt(invocation, events);
        }
        const recorded = (await plane.received()).map(({ event }) => event.event_id);
        const sent = deliveries.flatMap(({ ids }) => ids.map((id) => `event-${id}`));
        assert.equal(new Set(recorded).size, recorded.length);
        assert.deepEqual([...recorded].sort(), [...new Set(sent)].sort());
      }),
      { numRuns: 300 },
    );
  });
});
