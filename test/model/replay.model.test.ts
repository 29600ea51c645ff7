/**
 * Lives of pods replayed from the bytes of the watch to the outbox: whatever is done to the connection and to the agents,
 * what is told was to be told, once and under the same name; and where nothing was hidden, all of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../internal/pipeline/finding.ts';
import { anything, cut, format, hides, hidesNothing, life, restarts } from '../support/arbitrary-replay.ts';
import { replay } from '../support/replay-world.ts';

const RUNS = Number(process.env['REPLAY_RUNS'] ?? 40);

function namesOf(findings: readonly Finding[]): Set<string> {
  return new Set(findings.flatMap(({ type, eventId, covers }) => (type === 'failure' ? [eventId, ...covers] : covers)));
}

const idsOf = (findings: readonly Finding[], ...types: readonly Finding['type'][]): string[] =>
  findings.filter(({ type }) => types.includes(type)).map(({ reason, eventId }) => `${reason} ${eventId}`);

function assertNone(names: Iterable<string>, message: string): void {
  assert.deepEqual([...names], [], message);
}

test('in any pieces, with any relist that hides nothing, the very same is told in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(life, hidesNothing, format, cut, async (lives, disturbances, wire, pieces) => {
      const calm = await replay(lives);
      const disturbed = await replay(lives, { disturbances, format: wire, cut: pieces });
      const all = ['failure', 'ongoing', 'resolved'] as const;
      assert.deepEqual(idsOf(disturbed.told, ...all), idsOf(calm.told, ...all));
      assertNone(disturbed.failures, 'a stage failed');
    }),
    { numRuns: RUNS },
  );
});

test('an agent killed and started again tells the same failures', async () => {
  await fc.assert(
    fc.asyncProperty(life, restarts, async (lives, disturbances) => {
      const calm = await replay(lives);
      const disturbed = await replay(lives, { disturbances });
      assert.deepEqual(idsOf(disturbed.told, 'failure').toSorted(), idsOf(calm.told, 'failure').toSorted());
    }),
    { numRuns: RUNS },
  );
});

test('whatever is hidden, what is told is a subset of what an undisturbed agent sees, and no id is told twice', async () => {
  await fc.assert(
    fc.asyncProperty(life, hides, format, cut, async (lives, disturbances, wire, pieces) => {
      const calm = namesOf((await replay(lives)).seen);
      const { told, failures } = await replay(lives, { disturbances, format: wire, cut: pieces });
      assertNone(
        [...namesOf(told)].filter((name) => !calm.has(name)),
        'nobody saw this undisturbed',
      );
      assertNone(
        told.flatMap(({ closes = [] }) => closes).filter((name) => !calm.has(name)),
        'closes what never was',
      );
      const ids = told.map(({ eventId }) => eventId);
      assert.equal(new Set(ids).size, ids.length, 'an id was told twice');
      assertNone(failures, 'a stage failed');
    }),
    { numRuns: RUNS },
  );
});

test('replicas that take over from one another, and lose what they knew, tell only what there was', async () => {
  await fc.assert(
    fc.asyncProperty(life, anything, async (lives, disturbances) => {
      const calm = namesOf((await replay(lives)).seen);
      const { told } = await replay(lives, { disturbances, replicas: 2 });
      assertNone(
        [...namesOf(told)].filter((name) => !calm.has(name)),
        'nobody saw this undisturbed',
      );
    }),
    { numRuns: RUNS },
  );
});
