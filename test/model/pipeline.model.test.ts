/** The pipeline over generated lives of pods, with agents killed, outboxes full and leaders changing at any moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { editedHistory, livingHistory } from '../support/arbitrary-history.ts';
import { lookThrough } from '../support/detecting.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PipelineRig, ScriptedOutbox } from '../support/pipeline-rig.ts';
import { runs } from '../support/runs.ts';

const STEP_MS = 5_000;

/** Times enough for the cooldown of 180 s to elapse now and then. */
async function show(rig: PipelineRig, pod: PodFacts, before: PodFacts | undefined): Promise<void> {
  await rig.clock.advance(STEP_MS);
  rig.pipeline.process({ type: 'modified', cause: 'watch', pod, ...(before === undefined ? {} : { before }) });
  await rig.pipeline.settled();
}

/** Container and exit an event of the crash class is about: exit and loop of one attempt give the same. */
function attemptOf({ occurrence, container }: Finding): string {
  return `${container?.name ?? ''} ${occurrence.slice(occurrence.indexOf(':') + 1)}`;
}

function assertOnce(outbox: ScriptedOutbox): void {
  const appended = outbox.appends.flat().map(({ eventId }) => eventId);
  assert.equal(new Set(appended).size, appended.length, 'an id was appended twice');
}

test('no id is appended twice, wherever the agent is killed and started again', async () => {
  const kills = fc.array(fc.nat({ max: 60 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(editedHistory, kills, async ({ steps }, killed) => {
      const outbox = new ScriptedOutbox();
      const clock = new ManualClock();
      let rig = new PipelineRig({ outbox, clock });
      await rig.pipeline.load();
      for (const [index, pod] of steps.entries()) {
        if (killed.includes(index)) {
          rig.isTelling = false; // a dead process writes no more
          rig = new PipelineRig({ outbox, clock });
          await rig.pipeline.load();
        }
        await show(rig, pod, steps[index - 1]);
      }
      assertOnce(outbox);
    }),
    { numRuns: runs(200) },
  );
});

test('every attempt of a living pod is told, covered or counted, and the counts add up', async () => {
  await fc.assert(
    fc.asyncProperty(livingHistory, async ({ steps }) => {
      const rig = new PipelineRig({ settings: { enabledReasons: ['*'] } });
      for (const [index, pod] of steps.entries()) await show(rig, pod, steps[index - 1]);
      const seen = lookThrough(steps).filter(({ incidentClass }) => incidentClass === 'crash');
      const { decisions, storedFindings } = rig.observer;
      const pending = new Map<string, Set<string>>();
      let told = 0;
      for (const { finding, decision, reason } of decisions) {
        if (finding.incidentClass !== 'crash') continue;
        const counted = pending.get(finding.incidentKey) ?? new Set();
        pending.set(finding.incidentKey, counted);
        if (decision === 'append') counted.clear();
        else if (reason === 'cooling-down') counted.add(attemptOf(finding));
      }
      const escalated = new Set<string>();
      for (const finding of storedFindings) {
        if (finding.incidentClass !== 'crash') continue;
        const isSecondView = finding.type === 'failure' && escalated.has(attemptOf(finding));
        told += finding.occurrences ?? (isSecondView ? 0 : 1);
        escalated.add(attemptOf(finding));
      }
      const stillCounted = [...pending.values()].reduce((sum, attempts) => sum + attempts.size, 0);
      const attempts = new Set(seen.map(attemptOf)).size;
      assert.ok(attempts === 0 || told > 0);
      assert.ok(told + stillCounted >= attempts, `${told} told and ${stillCounted} counted of ${attempts}`);
    }),
    { numRuns: runs(200) },
  );
});

test('whatever fails of the outbox, in the end it holds what one that never failed would', async () => {
  const troubles = fc.array(fc.constantFrom('full' as const, 'broken' as const, undefined), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(editedHistory, troubles, async ({ steps }, script) => {
      const calm = new PipelineRig();
      const troubled = new PipelineRig();
      troubled.outbox.script = script.map((trouble) => trouble ?? { until: Promise.resolve() });
      for (const rig of [calm, troubled]) {
        for (const [index, pod] of steps.entries()) await show(rig, pod, steps[index - 1]);
        await rig.clock.advance(60_000);
      }
      const idsOf = (rig: PipelineRig): string[] => rig.outbox.events.map(({ eventId }) => eventId);
      assert.deepEqual(idsOf(troubled), idsOf(calm));
    }),
    { numRuns: runs(200) },
  );
});

test('two replicas that take turns tell together at least what one would, under the same names', async () => {
  const turns = fc.array(fc.boolean(), { maxLength: 61 });
  await fc.assert(
    fc.asyncProperty(livingHistory, turns, async ({ steps }, firstLeads) => {
      const clock = new ManualClock();
      const replicas = [new PipelineRig({ clock }), new PipelineRig({ clock })] as const;
      let leader = 0;
      replicas[1].isTelling = false;
      for (const [index, pod] of steps.entries()) {
        const next = firstLeads[index] === false ? 1 : 0;
        if (next !== leader) {
          for (const [at, rig] of replicas.entries()) rig.isTelling = at === next;
          replicas[next].pipeline.beginTerm(clock.now());
          leader = next;
        }
        await clock.advance(STEP_MS);
        const before = steps[index - 1];
        for (const rig of replicas) {
          rig.pipeline.process({ type: 'modified', cause: 'watch', pod, ...(before === undefined ? {} : { before }) });
          await rig.pipeline.settled();
        }
      }
      const detected = lookThrough(steps);
      const known = new Set(detected.flatMap(({ eventId, covers }) => [eventId, ...covers]));
      const told = replicas.flatMap((rig) => rig.observer.storedFindings);
      for (const finding of told) assert.ok(finding.type === 'ongoing' || known.has(finding.eventId));
      const incidents = new Set(told.map(({ incidentKey }) => incidentKey));
      for (const { incidentKey, covers, eventId } of detected) {
        const isCovered = told.some((finding) => finding.covers.includes(eventId) || covers.includes(finding.eventId));
        assert.ok(incidents.has(incidentKey) || isCovered, 'an incident nobody told of');
      }
      for (const rig of replicas) assertOnce(rig.outbox);
    }),
    { numRuns: runs(200) },
  );
});
