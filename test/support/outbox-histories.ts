/**
 * Histories of the durable outbox beside its model: any sequence of calls, deaths and restarts, on a disk that may lose,
 * in any order, whatever was not synced. Accepted means present; acknowledged means gone; a call cut short is done whole
 * or not at all; order per pod, keys and attempts hold.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { outboxEvent } from './outbox-event.ts';
import { copyModel, emptyModel, RealOutbox, type Model } from './outbox-model.ts';

const directory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

type Step = fc.AsyncCommand<Model, RealOutbox>;

/** A change: what the real outbox is asked to do, and what that makes of the model. */
interface Change {
  readonly name: string;
  readonly isPossible: (model: Model, real: RealOutbox | undefined) => boolean;
  readonly apply: (real: RealOutbox) => Promise<unknown>;
  readonly model: (model: Model, real: RealOutbox) => void;
}

function appendChange(pods: readonly number[], padBytes: number): Change {
  const idsOf = (model: Model): string[] => pods.map((_, index) => `e${model.nextId + index}`);
  let events: ReturnType<typeof outboxEvent>[] = [];
  return {
    name: `append ${pods.join()} +${padBytes}`,
    isPossible: (model) => {
      events = idsOf(model).map((id, index) => outboxEvent(id, `pod-${pods[index]}`, padBytes));
      return true;
    },
    apply: async ({ outbox }) => {
      const state = events.map((event) => ({ space: 'dedupe', key: event.eventId, value: event.podUid }));
      const again = events.slice(0, 1);
      const result = await outbox.append([...events, ...again], state);
      assert.deepEqual(result, { result: 'appended', appended: events.length, known: 1 });
    },
    model: (model) => {
      model.nextId += pods.length;
      model.pending.push(...events.map((event) => ({ id: event.eventId, pod: event.podUid })));
    },
  };
}

/** Of the batches in flight the one at `pick`, taken off the list. */
function batchChange(
  name: string,
  pick: number,
  apply: (real: RealOutbox, batchId: string) => Promise<unknown>,
  settle?: (model: Model, ids: readonly string[]) => void,
  minEvents = 1,
): Change {
  let chosen: RealOutbox['inFlight'][number] | undefined;
  return {
    name: `${name} ${pick}`,
    isPossible: (_model, real) => {
      chosen = real?.inFlight[pick % Math.max(1, real.inFlight.length)];
      return real === undefined || (chosen !== undefined && chosen.events >= minEvents);
    },
    apply: async (real) => {
      real.inFlight = real.inFlight.filter((batch) => batch !== chosen);
      await apply(real, chosen!.batchId);
    },
    model: (model) => settle?.(model, chosen!.eventIds),
  };
}

function gone(model: Model, ids: readonly string[]): void {
  model.pending = model.pending.filter((event) => !ids.includes(event.id));
}

function toQuarantine(model: Model, ids: readonly string[]): void {
  gone(model, ids);
  model.quarantined.push(...ids);
}

const again = (key: 'same' | 'next-generation') => (real: RealOutbox, batchId: string) =>
  real.outbox.release(batchId, { delayMs: 0, key });

const anyChange: fc.Arbitrary<() => Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.array(fc.nat(4), { minLength: 1, maxLength: 12 }), fc.constantFrom(0, 50, 700, 6000)).map(
      ([pods, pad]) =>
        () =>
          appendChange(pods, pad),
    ),
  },
  ...[
    fc.nat(3).map((pick) => () => batchChange('acknowledge', pick, (real, id) => real.outbox.acknowledge(id), gone)),
    fc.nat(3).map((pick) => () => batchChange('release', pick, again('same'))),
    fc.nat(3).map((pick) => () => batchChange('next generation', pick, again('next-generation'))),
    fc.nat(3).map((pick) => () => batchChange('split', pick, (real, id) => real.outbox.split(id), undefined, 2)),
    fc
      .nat(3)
      .map(
        (pick) => () =>
          batchChange('quarantine', pick, (real, id) => real.outbox.quarantine(id, 'invalid'), toQuarantine),
      ),
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** The change is made, and has happened. */
class Make implements Step {
  readonly #change: Change;

  constructor(change: Change) {
    this.#change = change;
  }

  check(model: Readonly<Model>): boolean {
    return this.#change.isPossible(model, undefined);
  }

  async run(model: Model, real: RealOutbox): Promise<void> {
    if (!this.#change.isPossible(model, real)) return;
    await this.#change.apply(real);
    this.#change.model(model, real);
    await real.checkAgainst(model);
  }

  toString(): string {
    return this.#change.name;
  }
}

/** The process dies while the change is written: it has happened, whole, or it has not. */
class DieDuring implements Step {
  readonly #change: Change;
  readonly #seed: number;

  constructor(change: Change, seed: number) {
    this.#change = change;
    this.#seed = seed;
  }

  check(model: Readonly<Model>): boolean {
    return this.#change.isPossible(model, undefined);
  }

  async run(model: Model, real: RealOutbox): Promise<void> {
    if (!this.#change.isPossible(model, real)) return;
    const done = copyModel(model);
    await real.crashDuring(() => this.#change.apply(real), this.#seed);
    this.#change.model(done, real);
    const stored = new Set((await real.outbox.list(0, 1e6)).map((listed) => listed.event.eventId));
    const hasHappened = done.pending.every((event) => stored.has(event.id)) && stored.size === done.pending.length;
    const isUndecided = done.pending.length === model.pending.length;
    Object.assign(model, { nextId: done.nextId }, hasHappened && !isUndecided ? copyModel(done) : {});
    await real.checkAgainst(model);
  }

  toString(): string {
    return `die (${this.#seed}) during ${this.#change.name}`;
  }
}

class Freeze implements Step {
  readonly #events: number;

  constructor(events: number) {
    this.#events = events;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: RealOutbox): Promise<void> {
    await real.freeze(model, this.#events);
  }

  toString(): string {
    return `freeze ${this.#events}`;
  }
}

class Restart implements Step {
  readonly #isDeath: boolean;

  constructor(isDeath: boolean) {
    this.#isDeath = isDeath;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: RealOutbox): Promise<void> {
    if (this.#isDeath) await real.startFrom(await real.image());
    else await real.restart();
    await real.checkAgainst(model);
  }

  toString(): string {
    return this.#isDeath ? 'die' : 'restart';
  }
}

const make = anyChange.map((change) => new Make(change()));
const freeze = fc.integer({ min: 1, max: 8 }).map((events) => new Freeze(events));
const dieDuring = fc.tuple(anyChange, fc.nat()).map(([change, seed]) => new DieDuring(change(), seed));
const restart = fc.boolean().map((isDeath) => new Restart(isDeath));
/** Each is as likely as the others. */
const steps: fc.Arbitrary<Step>[] = [make, make, make, make, freeze, freeze, dieDuring, restart];

export interface HistoriesTally {
  readonly histories: number;
  /** Events appended in all of them. */
  readonly events: number;
  /** Deaths of the process, each on a disk that kept what it liked of the unsynced. */
  readonly deaths: number;
}

/** Tries so many; rejects with the shortest one found in which the outbox is not what its model says. */
export async function tryHistories(count: number, progress?: (tried: number) => void): Promise<HistoriesTally> {
  let [histories, events, deaths] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: '+1' }), async (commands) => {
      const real = await RealOutbox.begin(directory);
      const model = emptyModel();
      try {
        await fc.asyncModelRun(() => ({ model, real }), commands);
      } finally {
        await real.end();
      }
      events += model.nextId - 1;
      deaths += real.deaths;
      histories += 1;
      progress?.(histories);
    }),
    { numRuns: count },
  );
  return { histories, events, deaths };
}
