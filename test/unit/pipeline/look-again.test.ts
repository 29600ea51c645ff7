/** Pods that are looked at again when their time has come: each once, in order, with one timer, none forgotten. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LookAgain } from '../../../internal/pipeline/look-again.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const SECOND = 1000;

function rig(limit = 1000) {
  const clock = new ManualClock();
  const startMs = clock.now();
  const due: [uid: string, atMs: number][] = [];
  let allDue = 0;
  const waiting: LookAgain = new LookAgain({
    clock,
    limit,
    onDue: (uids) => due.push(...uids.map((uid) => [uid, clock.now() - startMs] as [string, number])),
    onAllDue: () => allDue++,
  });
  return {
    ...{ clock, waiting, due, startMs },
    at: (uid: string, seconds: number | undefined) =>
      waiting.at(uid, seconds === undefined ? undefined : startMs + seconds * SECOND),
    allDue: () => allDue,
  };
}

describe('looking again', () => {
  test('happens when it is due, the earliest first', async () => {
    const { at, clock, due } = rig();
    at('late', 20);
    at('early', 5);
    at('middle', 10);
    await clock.advance(60 * SECOND);
    const expected = [
      ['early', 5 * SECOND],
      ['middle', 10 * SECOND],
      ['late', 20 * SECOND],
    ];
    assert.deepEqual(due, expected);
    assert.equal(clock.pendingTimers, 0);
  });

  test('needs one timer however many wait, and none when nobody does', async () => {
    const { at, clock, waiting } = rig();
    for (let index = 0; index < 500; index++) at(`pod-${index}`, index % 50);
    assert.equal(clock.pendingTimers, 1);
    assert.equal(waiting.size, 500);
    await clock.advance(50 * SECOND);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(waiting.size, 0);
  });

  test('happens at the time said last, and not at all where that is never', async () => {
    const { at, clock, due } = rig();
    at('moved', 5);
    at('moved', 30);
    at('back', 30);
    at('back', 5);
    at('never', 5);
    at('never', undefined);
    await clock.advance(60 * SECOND);
    assert.deepEqual(due, [
      ['back', 5 * SECOND],
      ['moved', 30 * SECOND],
    ]);
  });

  test('of what is due already happens at once, and once', async () => {
    const { at, clock, due } = rig();
    at('overdue', -3600);
    await clock.advance(SECOND);
    assert.deepEqual(
      due.map(([uid]) => uid),
      ['overdue'],
    );
  });

  test('keeps to the wall clock when that is set, half a minute late at most', async () => {
    const { at, clock, due } = rig();
    at('pod', 3600);
    await clock.advance(SECOND);
    clock.jumpWallClock(3600 * SECOND);
    await clock.advance(30 * SECOND);
    assert.deepEqual(
      due.map(([uid]) => uid),
      ['pod'],
    );
  });

  test('forgets nobody beyond its limit: all pods are looked at when the first of the others is due', async () => {
    const { at, clock, due, waiting, allDue } = rig(2);
    for (const [index, uid] of ['a', 'b', 'c', 'd'].entries()) at(uid, 10 + index);
    assert.equal(waiting.size, 2);
    await clock.advance(11 * SECOND);
    assert.equal(allDue(), 0);
    await clock.advance(SECOND);
    assert.equal(allDue(), 1);
    assert.deepEqual(
      due.map(([uid]) => uid),
      ['a', 'b'],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  test('leaves no timer behind when it is stopped, and takes nothing after', async () => {
    const { at, clock, due, waiting } = rig();
    at('pod', 5);
    waiting.stop();
    at('other', 5);
    await clock.advance(60 * SECOND);
    assert.deepEqual(due, []);
    assert.equal(clock.pendingTimers, 0);
  });

  test('keeps to what was said last through any changes of mind', async () => {
    const step = fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      seconds: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { at, clock, due } = rig();
        const said = new Map<string, number>();
        for (const { uid, seconds } of steps) {
          at(uid, seconds);
          if (seconds === undefined) said.delete(uid);
          else said.set(uid, seconds * SECOND);
        }
        await clock.advance(60 * SECOND);
        assert.deepEqual(new Map(due), said);
        assert.equal(due.length, said.size);
        assert.equal(clock.pendingTimers, 0);
      }),
      { numRuns: 100 },
    );
  });

  test('does not grow with changes of mind', () => {
    const { at, waiting } = rig();
    for (let index = 0; index < 100_000; index++) at(`pod-${index % 3}`, 100 + (index % 977));
    assert.equal(waiting.size, 3);
    assert.ok(waiting.entries < 100);
  });
});
