/**
 * Lives of pods replayed from the bytes of the watch to the outbox: whatever is done to the connection and to the agents,
 * what is told was to be told, once and under the same name; and where nothing was hidden, all of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../internal/pipeline/finding.ts';
import {
  anything,
  crashingLife,
  cut,
  format,
  hides,
  hidesFacts,
  hidesMost,
  hidesNothing,
  life,
  restarts,
  switches,
} from '../support/arbitrary-replay.ts';
import { exitsCounted, exitsSeen, failuresOf, namesOf, strangersAmong, unseenOf } from '../support/replayed.ts';
import { replay } from '../support/replay-world.ts';
import { runs } from '../support/runs.ts';

const RUNS = Number(process.env['REPLAY_RUNS'] ?? runs(40));

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
      assert.deepEqual(failuresOf(disturbed.told), failuresOf(calm.told));
    }),
    { numRuns: RUNS },
  );
});

test('whatever is hidden, what is told is a subset of what an undisturbed agent sees, and no id is told twice', async () => {
  await fc.assert(
    fc.asyncProperty(life, hides, format, cut, async (lives, disturbances, wire, pieces) => {
      const calm = namesOf((await replay(lives)).seen);
      const { told, failures } = await replay(lives, { disturbances, format: wire, cut: pieces });
      assertNone(strangersAmong(told, calm), 'nobody saw this undisturbed');
      const ids = told.map(({ eventId }) => eventId);
      assert.equal(new Set(ids).size, ids.length, 'an id was told twice');
      assertNone(failures, 'a stage failed');
    }),
    { numRuns: RUNS },
  );
});

test('replicas that take turns leave no failure untold that one alone would tell', async () => {
  await fc.assert(
    fc.asyncProperty(life, switches, async (lives, disturbances) => {
      const calm = (await replay(lives)).told.filter(({ type }) => type === 'failure');
      const { told } = await replay(lives, { disturbances, replicas: 2 });
      const names = namesOf(told);
      const incidents = new Set(told.map(({ incidentKey }) => incidentKey));
      const untold = calm.filter(({ eventId, incidentKey }) => !names.has(eventId) && !incidents.has(incidentKey));
      assertNone(
        untold.map(({ reason }) => reason),
        'an incident nobody told of',
      );
    }),
    { numRuns: RUNS },
  );
});

test('replicas that take over from one another, and lose what they knew, tell only what there was', async () => {
  await fc.assert(
    fc.asyncProperty(life, anything, async (lives, disturbances) => {
      const calm = namesOf((await replay(lives)).seen);
      const { told } = await replay(lives, { disturbances, replicas: 2 });
      assertNone(strangersAmong(told, calm), 'nobody saw this undisturbed');
    }),
    { numRuns: RUNS },
  );
});

test('exits that showed, and restarts nobody saw, add up to what really happened, whatever is filtered', async () => {
  const lives = fc.oneof(crashingLife, life);
  const reasons = fc.constantFrom(['*'], ['CrashLoopBackOff'], ['OOMKilled', 'Failed']);
  let unseen = 0;
  await fc.assert(
    fc.asyncProperty(lives, fc.oneof(hidesMost, hidesFacts), reasons, async (pods, disturbances, enabledReasons) => {
      const replayed = await replay(pods, { disturbances, enabledReasons });
      const { models, gone, told, changes, outboxes } = replayed;
      for (const model of models) {
        const { facts, hasLost } = model;
        const [outbox] = outboxes;
        if (outbox === undefined || hasLost || gone.has(model) || facts.phase === 'Failed') continue;
        const nobodySaw = unseenOf(told, outbox, facts.uid);
        unseen += nobodySaw;
        assert.equal(exitsSeen(changes, facts.uid).size + nobodySaw, exitsCounted(facts));
      }
    }),
    { numRuns: 3 * RUNS },
  );
  assert.ok(RUNS < 20 || unseen > 0, 'nothing was hidden: the test proves little');
});
