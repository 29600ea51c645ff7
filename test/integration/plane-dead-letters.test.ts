// What the reference plane fails at, on the real Restate server: a call its code throws at each time ends in one dead letter
// after a few attempts, is tried no more, and those behind it and beside it go on.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { DeadLetter } from '../../cmd/plane/dead-letters.ts';
import { anEvent } from '../support/event-builder.ts';
import { until } from '../support/e2e-until.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const WITHIN_MS = 60_000;

/** A setting that throws so many times when it is looked at, as a bug in the code around it would. */
function broken(times: number): { readonly setting: number; readonly thrown: () => number } {
  let thrown = 0;
  const valueOf = (): number => {
    if (thrown === times) return 1000;
    thrown += 1;
    throw new TypeError('a bug');
  };
  return { setting: { valueOf } as unknown as number, thrown: () => thrown };
}

async function planeWith(t: TestContext, deliveriesKept: number): Promise<PlaneServer> {
  const plane = await startPlaneServer({ hasOpenAdmin: true, deliveriesKept });
  t.after(() => plane.stop());
  return plane;
}

const letters = async (plane: PlaneServer, cluster: string): Promise<DeadLetter[]> =>
  (await plane.ask(`/DeadLetters/${cluster}/list`)).body as DeadLetter[];

async function callsUnderWay(plane: PlaneServer): Promise<unknown[]> {
  const answer = await fetch(`${plane.restate.adminUrl}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: "select id, status from sys_invocation where status != 'completed'" }),
  });
  return ((await answer.json()) as { rows: unknown[] }).rows;
}

describe('a call that the plane fails at', { skip: skipWithoutRestate(), timeout: 180_000 }, () => {
  test('is tried five times and ends in one dead letter; the call behind it is taken', async (t) => {
    const bug = broken(5);
    const plane = await planeWith(t, bug.setting);
    const poison = plane.ask('/ProjectService/c/onPodEvents', [anEvent('poison')]);
    await until('the first attempt failed', () => bug.thrown() > 0, WITHIN_MS);
    const behind = plane.ask('/ProjectService/c/onPodEvents', [anEvent('behind')]);

    const { status, source } = await poison;
    assert.deepEqual([status, source], [500, 'invocation']);
    assert.equal((await behind).status, 200);
    const kept = await until('its letter', async () => (await letters(plane, 'c')).at(0), WITHIN_MS);
    assert.match(kept.error, /TypeError: a bug/);
    assert.match(kept.excerpt, /event-poison/);
    assert.equal(kept.handler, 'ProjectService/c/onPodEvents');
    await until('nothing is under way', async () => (await callsUnderWay(plane)).length === 0, WITHIN_MS);
    assert.equal((await letters(plane, 'c')).length, 1);
    assert.deepEqual(
      (await plane.received('c')).map(({ event }) => event.event_id),
      ['event-behind'],
    );
  });

  test('leaves nothing behind of what it did before it failed: the same event counts once it is sent again', async (t) => {
    const plane = await planeWith(t, broken(5).setting);
    const send = (key: string) =>
      plane.ask('/ProjectService/c/onPodEvents', [anEvent('a')], { 'idempotency-key': key });
    assert.equal((await send('first')).status, 500);
    assert.equal((await send('first')).status, 500, 'the error is remembered under its key');
    assert.deepEqual((await send('second')).body, { received: 1, repeated: 0, told: 1 });
    assert.equal((await plane.received('c')).length, 1);
  });

  test('four times is taken at the fifth, without a letter', async (t) => {
    const plane = await planeWith(t, broken(4).setting);
    assert.equal((await plane.ask('/ProjectService/c/onPodEvents', [anEvent('a')])).status, 200);
    assert.deepEqual([await letters(plane, 'c'), (await plane.received('c')).length], [[], 1]);
  });
});
