/**
 * What is done with a batch after each outcome: one table, and the properties that hold over all inputs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import {
  blameOf,
  judge,
  MOST_BATCHES,
  type BatchFacts,
  type Verdict,
} from '../../../internal/pipeline/drain-verdict.ts';
import { accepted, invalid, invocationFailed, networkError, tooLarge } from '../../support/scripted-plane.ts';

const many: BatchFacts = {
  ...{ events: 100, failures: 0, attempts: 0, othersGotThrough: false },
  ...{ refusals: 0, othersNotRefused: false, mayBeDone: false, isSingledOut: false },
  ...{ losses: 0, othersAnswered: false },
};
const alone: BatchFacts = { ...many, events: 1 };
const evidence = { othersGotThrough: true };
const quiet = { failuresInARow: 0, batches: 1, frozen: 1 };
const crowded = { failuresInARow: 0, batches: MOST_BATCHES, frozen: MOST_BATCHES };
const refused: DeliveryOutcome = { kind: 'refused', reason: 'unauthorized', status: 401, detail: 'token expired' };
const filtered: DeliveryOutcome = { ...refused, status: 403, detail: 'blocked by a rule' };
const twice = { refusals: 2 };
const othersPassed = { ...twice, othersNotRefused: true };
const busy: DeliveryOutcome = { ...networkError(5000), reason: 'ingress-busy' } as DeliveryOutcome;

const release = (reason: string, key: string, delayMs: number, pauseMs: number) => ({
  ...{ kind: 'release', reason, key, delayMs, pauseMs, yieldsPod: false, goesLast: false },
});
const isolated = (reason: string, delayMs: number, pauseMs = 0) => ({
  ...{ ...release(reason, 'next-generation', delayMs, pauseMs), yieldsPod: true, goesLast: true },
});
const lastAgain = (pauseMs: number) => ({ ...release('unauthorized', 'same', 0, pauseMs), goesLast: true });

const lost = (losses: number): BatchFacts => ({ ...many, losses });
const lostLast = { ...release('network', 'same', 1000, 1000), goesLast: true };
const answered = (losses: number): BatchFacts => ({ ...lost(losses), othersAnswered: true });
const cutOff = answered(3);
const broken = { ...quiet, failuresInARow: 9 };
const next = 'next-generation';

const table: readonly (readonly [string, DeliveryOutcome, BatchFacts, typeof quiet, object])[] = [
  ['accepted', accepted, many, quiet, { kind: 'acknowledge' }],
  ['lost on the way', networkError(), many, quiet, release('network', 'same', 1000, 1000)],
  ['lost often', networkError(), { ...many, attempts: 3 }, broken, release('network', 'same', 8000, 30_000)],
  ['lost a third time, and others are answered: they go first', networkError(), answered(2), quiet, lostLast],
  [
    'lost a tenth time, and nothing is answered',
    networkError(),
    lost(9),
    quiet,
    release('network', 'same', 1000, 1000),
  ],
  ['lost a fourth time, others do', networkError(), cutOff, quiet, { kind: 'split', reason: 'unanswered' }],
  [
    'busy a fourth time, others do',
    busy,
    cutOff,
    quiet,
    { ...release('ingress-busy', 'same', 5000, 5000), goesLast: true },
  ],
  [
    "alone, lost a fourth time, others do: kept, in nobody's way",
    networkError(),
    { ...cutOff, events: 1 },
    quiet,
    { ...release('network', 'same', 8000, 0), yieldsPod: true, goesLast: true },
  ],
  [
    'alone, lost for days: asked every five minutes',
    networkError(),
    { ...cutOff, events: 1, losses: 999 },
    broken,
    { ...release('network', 'same', 300_000, 0), yieldsPod: true, goesLast: true },
  ],
  ['the ingress says when', busy, many, quiet, release('ingress-busy', 'same', 5000, 5000)],
  ['told to come at once: not that soon', networkError(-1), many, quiet, release('network', 'same', 100, 100)],
  ['told to come in a year: not that late', networkError(3e10), many, quiet, release('network', 'same', 3e5, 3e5)],
  ['told nonsense', networkError(Number.NaN), many, quiet, release('network', 'same', 1000, 1000)],
  ['refused', refused, many, quiet, release('unauthorized', 'same', 0, 30_000)],
  [
    'refused, many times, others not',
    refused,
    { ...many, ...othersPassed },
    quiet,
    release('unauthorized', 'same', 0, 30_000),
  ],
  ['maybe for its words', filtered, many, quiet, release('unauthorized', 'same', 0, 1000)],
  [
    'again: another is tried first',
    filtered,
    { ...many, refusals: 1 },
    { ...quiet, failuresInARow: 1 },
    lastAgain(1000),
  ],
  [
    'and that one too: credentials',
    filtered,
    many,
    { ...quiet, failuresInARow: 2 },
    release('unauthorized', 'same', 0, 30_000),
  ],
  [
    'a third time, and nothing gets through',
    filtered,
    { ...many, ...twice },
    { ...crowded, failuresInARow: 9 },
    lastAgain(30_000),
  ],
  [
    'a third time, and one attempt may have been done',
    filtered,
    { ...many, ...twice, mayBeDone: true },
    broken,
    lastAgain(30_000),
  ],
  [
    'a third time, and little else waits',
    filtered,
    { ...many, ...twice },
    broken,
    { kind: 'split', reason: 'refused' },
  ],
  [
    'alone, its other half got through',
    filtered,
    { ...alone, isSingledOut: true },
    quiet,
    { ...lastAgain(1000), yieldsPod: true },
  ],
  ['a third time, others do', filtered, { ...many, ...othersPassed }, quiet, { kind: 'split', reason: 'refused' }],
  [
    'alone, a third time, others do',
    filtered,
    { ...alone, ...othersPassed },
    quiet,
    { kind: 'quarantine', reason: 'refused' },
  ],
  ['alone, a second time, others do', filtered, { ...alone, ...othersPassed, refusals: 1 }, quiet, lastAgain(1000)],
  ['alone, often, and nothing gets through', filtered, { ...alone, refusals: 99 }, broken, lastAgain(30_000)],
  ['invalid, many', invalid, many, quiet, { kind: 'split', reason: 'invalid' }],
  ['invalid, many, nothing got through', invalid, many, crowded, release('invalid', next, 1000, 0)],
  ['invalid, many, others did', invalid, { ...many, ...evidence }, crowded, { kind: 'split', reason: 'invalid' }],
  ['invalid, alone, others did', invalid, { ...alone, ...evidence }, quiet, { kind: 'quarantine', reason: 'invalid' }],
  ['invalid, alone, nothing got through: kept', invalid, alone, quiet, isolated('invalid', 1000)],
  ['kept for long', invalid, { ...alone, failures: 99 }, broken, isolated('invalid', 30_000, 30_000)],
  ['failed inside', invocationFailed, many, quiet, release('invocation-failed', next, 1000, 0)],
  ['a fourth time', invocationFailed, { ...many, failures: 3 }, quiet, release('invocation-failed', next, 8000, 0)],
  ['a fifth time', invocationFailed, { ...many, failures: 4 }, quiet, { kind: 'split', reason: 'invocation-failed' }],
  ['alone, a fifth time', invocationFailed, { ...alone, failures: 4 }, quiet, isolated('invocation-failed', 16_000)],
  [
    'alone, a fifth time, others got through',
    invocationFailed,
    { ...alone, ...evidence, failures: 4 },
    quiet,
    { kind: 'quarantine', reason: 'invocation-failed' },
  ],
  [
    'three batches in a row failed inside',
    invocationFailed,
    many,
    { ...quiet, failuresInARow: 2 },
    release('invocation-failed', next, 1000, 1000),
  ],
  ['too large, many', tooLarge, many, quiet, { kind: 'split', reason: 'too-large' }],
  ['too large, alone', tooLarge, alone, quiet, { kind: 'trim', otherwise: isolated('too-large', 1000) }],
  [
    'too large, alone, others got through',
    tooLarge,
    { ...alone, ...evidence },
    quiet,
    { kind: 'trim', otherwise: { kind: 'quarantine', reason: 'too-large' } },
  ],
];

for (const [name, outcome, batch, plane, expected] of table) {
  test(`verdict: ${name}`, () => assert.deepEqual(judge(outcome, batch, plane), expected));
}

const anyOutcome = fc.oneof(
  ...[accepted, invalid, tooLarge, invocationFailed, refused, filtered].map((outcome) => fc.constant(outcome)),
  fc.double().map((afterMs) => networkError(afterMs)),
  fc.double().map((afterMs): DeliveryOutcome => ({ ...invocationFailed, afterMs }) as DeliveryOutcome),
);
const anyBatch = fc.record({
  ...{
    events: fc.integer({ min: 1, max: 1000 }),
    failures: fc.nat(),
    attempts: fc.nat(),
    othersGotThrough: fc.boolean(),
    refusals: fc.nat(),
    othersNotRefused: fc.boolean(),
    mayBeDone: fc.boolean(),
    isSingledOut: fc.boolean(),
    losses: fc.nat(),
    othersAnswered: fc.boolean(),
  },
});

test('nothing but an acceptance acknowledges, nothing is quarantined that others did not overtake, and every wait is bounded', () => {
  const anyPlane = fc.record({ failuresInARow: fc.nat(), batches: fc.nat(100), frozen: fc.nat(100) });
  fc.assert(
    fc.property(anyOutcome, anyBatch, anyPlane, (outcome, batch, plane) => {
      const verdict: Verdict = judge(outcome, batch, plane);
      if (verdict.kind === 'acknowledge') assert.equal(outcome.kind, 'accepted');
      if (verdict.kind === 'quarantine') {
        assert.ok((batch.othersGotThrough || batch.othersNotRefused) && batch.events === 1);
      }
      if (verdict.kind === 'split') assert.ok(batch.events > 1);
      if (verdict.kind !== 'release') return;
      for (const ms of [verdict.delayMs, verdict.pauseMs]) assert.ok(ms >= 0 && ms <= 300_000);
      assert.ok(verdict.delayMs + verdict.pauseMs >= 100, 'no busy loop');
    }),
  );
});

test('which refusals may be for the words of a batch: not those that say that we, or the path, are not known', () => {
  const statuses = [400, 401, 403, 404, 405, 406, 407, 410, 418, 422, 451, 302, 200, 0];
  const blamed = statuses.filter((status) => blameOf({ ...refused, status }) === 'words');
  assert.deepEqual(blamed, [400, 403, 406, 418, 422, 451]);
});
