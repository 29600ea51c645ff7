/** What time alone brings about, of any facts: by the facts' own times, at one moment, under one name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { standsStill } from '../../internal/pipeline/identity-occurrence.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { anyFacts } from '../support/arbitrary-facts.ts';
import { look } from '../support/detecting.ts';
import { CREATED_MS } from '../support/pod-builder.ts';
import { runs } from '../support/runs.ts';

const YEAR_MS = 365 * 24 * 3_600_000;

/** Facts on their way, with times of some weeks around the creation. */
const movingFacts: fc.Arbitrary<PodFacts> = fc
  .record({
    facts: anyFacts,
    nodeName: fc.constantFrom('', 'node-1'),
    phase: fc.constantFrom('Pending', 'Running', 'Unknown'),
    deletionAtMs: fc.constantFrom(0, CREATED_MS + 60_000),
    ready: fc.constantFrom('True', 'False', 'Unknown'),
    sinceMs: fc.integer({ min: 0, max: 2_000_000 }),
  })
  .map(({ facts, ready, sinceMs, ...parts }) => ({
    ...facts,
    ...parts,
    createdAtMs: CREATED_MS,
    reason: '',
    conditions: ['PodScheduled', 'Ready'].map((type) => ({
      ...{ type, status: ready, reason: '', message: '', lastTransitionAtMs: CREATED_MS + sinceMs },
    })),
  }));

const stuckAt = (facts: PodFacts, nowMs: number): Finding[] =>
  look(facts, { nowMs }).findings.filter(({ occurrence }) => standsStill(occurrence));

test('a state is silent until the moment it named, told from then on, and always under the same id', () => {
  let told = 0;
  fc.assert(
    fc.property(movingFacts, fc.double({ min: 0, max: 1, noNaN: true }), (facts, share) => {
      const dueAtMs = look(facts, { nowMs: CREATED_MS - YEAR_MS }).lookAgainAtMs;
      if (dueAtMs === undefined) return;
      told++;
      const startMs = CREATED_MS - YEAR_MS;
      const between = Math.floor(startMs + share * (dueAtMs - 1 - startMs));
      assert.deepEqual(stuckAt(facts, between), []);
      assert.equal(look(facts, { nowMs: between }).lookAgainAtMs, dueAtMs);
      const ids = [dueAtMs, dueAtMs + 1, dueAtMs + YEAR_MS].map((nowMs) =>
        stuckAt(facts, nowMs).map((one) => one.eventId),
      );
      assert.equal(ids[0]?.length, 1);
      assert.deepEqual(ids[1], ids[0]);
      assert.deepEqual(ids[2], ids[0]);
    }),
    { numRuns: runs(3000) },
  );
  assert.ok(told > runs(300), `${told} of these waited for anything`);
});

test('what a node hides is what it would have told, and what it does not hide stays as it was', () => {
  fc.assert(
    fc.property(movingFacts, fc.integer({ min: 0, max: 2_000_000 }), (facts, agoMs) => {
      const nowMs = CREATED_MS + YEAR_MS;
      const idsOf = (findings: readonly Finding[]): string[] => findings.map(({ eventId }) => eventId);
      const alone = look(facts, { nowMs });
      const behind = look(facts, { nowMs, nodeNotReadySinceMs: CREATED_MS + agoMs });
      const all = [...idsOf(behind.findings), ...idsOf(behind.hidden ?? [])];
      assert.deepEqual(all.toSorted(), idsOf(alone.findings).toSorted());
      assert.equal(behind.silences.length, alone.silences.length + (behind.hidden?.length ?? 0));
      assert.ok((behind.hidden ?? []).every(({ incidentClass }) => incidentClass !== 'crash'));
    }),
    { numRuns: runs(2000) },
  );
});
