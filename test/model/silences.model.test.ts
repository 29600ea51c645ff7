/** Silences that come and go at any moment of generated lives of pods, with agents started anew in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { goesOn } from '../../internal/pipeline/identity-occurrence.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { editedHistory } from '../support/arbitrary-history.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PipelineRig, ScriptedOutbox } from '../support/pipeline-rig.ts';
import { runs } from '../support/runs.ts';

const STEP_MS = 5_000;

/** At which steps what happens; of a silence, for how many steps it is asked for, and after how many it is taken back. */
const happenings = fc.dictionary(
  fc.nat({ max: 60 }).map(String),
  fc.oneof(
    fc.constant({ do: 'restart' as const }),
    fc.record({ do: fc.constant('silence' as const), id: fc.constantFrom('a', 'b'), steps: fc.nat({ max: 20 }) }),
    fc.record({ do: fc.constant('withdraw' as const) }),
  ),
  { maxKeys: 8 },
);

class World {
  readonly outbox = new ScriptedOutbox();
  readonly clock = new ManualClock();
  readonly rigs: PipelineRig[] = [];

  get rig(): PipelineRig {
    const rig = this.rigs.at(-1);
    assert.ok(rig !== undefined);
    return rig;
  }

  async start(): Promise<void> {
    const { outbox, clock } = this;
    const known = this.rigs.at(-1);
    await known?.pipeline.stop();
    const settings = { enabledReasons: ['*'], eventTypes: ['silenced'], silences: known?.settings.silences ?? [] };
    const rig = new PipelineRig({ outbox, clock, settings });
    rig.pods = known?.pods ?? [];
    this.rigs.push(rig);
    await rig.pipeline.load();
    rig.pipeline.synced();
  }

  silence(id: string, steps: number): void {
    const rule = { id, source: 'remote', owner: 'jane', comment: '', match: {} } as const;
    const others = (this.rig.settings.silences ?? []).filter((one) => one.id !== id);
    const silences = [...others, { ...rule, untilMs: this.clock.now() + steps * STEP_MS }];
    this.rig.settings = { ...this.rig.settings, silences };
  }

  async show(pod: PodFacts): Promise<void> {
    await this.clock.advance(STEP_MS);
    const [before] = this.rig.pods;
    this.rig.pods = [pod];
    this.rig.pipeline.process({ type: 'modified', cause: 'watch', pod, ...(before === undefined ? {} : { before }) });
    await this.rig.pipeline.settled();
  }
}

test('what is silenced is counted once and summed up, nothing is told twice, and what lasts is told in the end', async () => {
  await fc.assert(
    fc.asyncProperty(editedHistory, happenings, async ({ steps }, at) => {
      const world = new World();
      await world.start();
      for (const [index, pod] of steps.entries()) {
        const what = at[String(index)];
        if (what?.do === 'restart') await world.start();
        if (what?.do === 'silence') world.silence(what.id, what.steps);
        if (what?.do === 'withdraw') world.rig.settings = { ...world.rig.settings, silences: [] };
        await world.show(pod);
      }
      world.rig.settings = { ...world.rig.settings, silences: [] };
      await world.clock.advance(60_000);
      await world.rig.pipeline.settled();
      const last = world.rig.observer.decisions.length;
      await world.show(steps.at(-1) as PodFacts);
      await world.rig.pipeline.stop();

      const observers = world.rigs.map(({ observer }) => observer);
      const appended = world.outbox.appends.flat().map(({ eventId }) => eventId);
      assert.equal(new Set(appended).size, appended.length, 'an id was appended twice');
      const silenced = observers
        .flatMap(({ decisions }) => decisions)
        .filter((decided) => decided.stage === 'silence' && decided.decision === 'suppress' && decided.isNew)
        .map(({ finding }) => finding.eventId);
      assert.equal(new Set(silenced).size, silenced.length, 'an id was counted twice');
      const summedUp = observers.flatMap(({ ended }) => ended).reduce((sum, { failures }) => sum + failures, 0);
      assert.equal(summedUp, silenced.length);
      for (const { finding, reason } of world.rig.observer.decisions.slice(last)) {
        assert.ok(reason !== 'silenced-before' || !goesOn(finding.occurrence), 'what lasts was not told');
      }
    }),
    { numRuns: runs(200) },
  );
});
