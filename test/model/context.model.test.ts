/** Gathering context changes what is told with a failure, never whether, how often or in which order it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContextAnswer, ContextSource } from '../../internal/pipeline/context.ts';
import { sleep } from '../../internal/platform/clock.ts';
import { livingHistory } from '../support/arbitrary-history.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PipelineRig, ScriptedOutbox, type RigOptions } from '../support/pipeline-rig.ts';
import { runs } from '../support/runs.ts';

const TIMEOUT_MS = 2_000;
/** None elapses in such a history: then what is told doesn't depend on when. */
const settings = { enabledReasons: ['*'], dedupCooldownMs: 24 * 3_600_000 };

const answers = fc.record({
  afterMs: fc.constantFrom(0, 1, 700, 1_999, 2_000, 60_000),
  answer: fc.constantFrom<ContextAnswer>(
    { outcome: 'read', part: { log: { text: 'boom', isCut: false } } },
    { outcome: 'read', part: { events: [] } },
    { outcome: 'forbidden' },
    { outcome: 'gone' },
  ),
});
type Scripted = typeof answers extends fc.Arbitrary<infer A> ? A : never;

/** Gives these answers, one after the other, over and over. */
function scripted(script: readonly Scripted[], clock: ManualClock): ContextSource {
  let asked = 0;
  return {
    ask: async (_kind, _about, signal) => {
      const { afterMs, answer } = script[asked++ % script.length] ?? { afterMs: 0, answer: { outcome: 'failed' } };
      await sleep(clock, afterMs, signal);
      return answer;
    },
  };
}

function rigWith(script: readonly Scripted[] | undefined, outbox: ScriptedOutbox, clock: ManualClock): PipelineRig {
  const encode: NonNullable<RigOptions['encode']> = ({ incidentKey }) => new TextEncoder().encode(incidentKey);
  const options: RigOptions = { outbox, clock, settings, encode };
  if (script === undefined) return new PipelineRig(options);
  const kinds = new Set(['events', 'logs', 'limits', 'hint'] as const);
  return new PipelineRig({ ...options, context: { kinds, timeoutMs: TIMEOUT_MS, source: scripted(script, clock) } });
}

interface Told {
  readonly eventId: string;
  readonly incidentKey: string;
}

interface Life {
  readonly steps: Parameters<PipelineRig['pipeline']['process']>[0]['pod'][];
  readonly pausesMs: readonly number[];
  readonly kills: readonly number[];
}

/** What was told of this life, in order. */
async function toldOf({ steps, pausesMs, kills }: Life, script: readonly Scripted[] | undefined): Promise<Told[]> {
  const outbox = new ScriptedOutbox();
  const clock = new ManualClock();
  let rig = rigWith(script, outbox, clock);
  await rig.pipeline.load();
  for (const [index, pod] of steps.entries()) {
    if (kills.includes(index)) {
      rig.isTelling = false; // a dead process writes no more
      rig = rigWith(script, outbox, clock);
      await rig.pipeline.load();
    }
    const before = steps[index - 1];
    rig.pipeline.process({ type: 'modified', cause: 'watch', pod, ...(before === undefined ? {} : { before }) });
    await clock.advance(pausesMs[index % pausesMs.length] ?? 0);
  }
  await clock.advance(2 * TIMEOUT_MS);
  await rig.pipeline.settled();
  return outbox.appends.flat().map(({ eventId, bytes }) => ({ eventId, incidentKey: new TextDecoder().decode(bytes) }));
}

const pauses = fc.array(fc.constantFrom(0, 1, 500, 3_000), { minLength: 1, maxLength: 6 });
const script = fc.array(answers, { minLength: 1, maxLength: 8 });

test('the same ids are told in the same order, whatever is answered and when', async () => {
  await fc.assert(
    fc.asyncProperty(livingHistory, pauses, script, async ({ steps }, pausesMs, scriptOf) => {
      const life = { steps: [...steps], pausesMs, kills: [] };
      assert.deepEqual(await toldOf(life, scriptOf), await toldOf(life, undefined));
    }),
    { numRuns: runs(60) },
  );
});

test('no id is told twice and what shows in the end is told, wherever the agent is killed while one is held', async () => {
  const kills = fc.array(fc.nat({ max: 40 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(livingHistory, pauses, script, kills, async ({ steps }, pausesMs, scriptOf, killed) => {
      const last = steps.slice(-1);
      const told = await toldOf({ steps: [...steps, ...last], pausesMs, kills: [...killed, steps.length] }, scriptOf);
      assert.equal(new Set(told.map(({ eventId }) => eventId)).size, told.length);
      const incidents = new Set(told.map(({ incidentKey }) => incidentKey));
      const shown = await toldOf({ steps: [...last], pausesMs, kills: [] }, undefined);
      assert.ok(
        shown.every(({ incidentKey }) => incidents.has(incidentKey)),
        'what shows in the end is told',
      );
    }),
    { numRuns: runs(60) },
  );
});
