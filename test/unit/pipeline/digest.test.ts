// Storms are told as digests, where the plane asks for that: nothing is lost in one, and nothing told twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DIGEST_SPACE } from '../../../internal/pipeline/digest.ts';
import { DIGEST_FAILURES } from '../../../internal/platform/limits.ts';
import type { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';
import { failingPod, idsToldBy, storm, stormRig, THRESHOLD, WINDOW_MS, wireEvents } from '../../support/storm-rig.ts';

/** `type xN` of what is in the outbox: N is of how many failures it tells. */
function told({ outbox }: PipelineRig): string[] {
  return wireEvents(outbox).map(({ type, digest }) => (digest === undefined ? type : `${type} x${digest.failures}`));
}

const singles = (count: number): string[] => Array.from({ length: count }, () => 'failure');
const rowsOf = ({ state }: ScriptedOutbox): number => state.get(DIGEST_SPACE)?.size ?? 0;

function assertEachOnce(outbox: ScriptedOutbox, count: number): void {
  const ids = idsToldBy(wireEvents(outbox));
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count, 'an id was told twice');
}

describe('a storm', () => {
  test('is told one by one up to the threshold, and beyond it as a digest once the window is over', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    assert.deepEqual(told(rig), singles(THRESHOLD));
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), [...singles(THRESHOLD), `digest x${20 - THRESHOLD}`]);
    assertEachOnce(rig.outbox, 20);
    assert.deepEqual(rig.observer.digests, [20 - THRESHOLD]);
    assert.equal(rowsOf(rig.outbox), 0);
    await rig.pipeline.stop();
  });

  test('that goes on is gathered from the first failure of the next window', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    await rig.clock.advance(WINDOW_MS);
    await storm(rig, 23, 20);
    assert.deepEqual(told(rig).length, THRESHOLD + 1);
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), [...singles(THRESHOLD), 'digest x15', 'digest x3']);
    await rig.pipeline.stop();
  });

  test('that is over leaves the next failure to be told at once', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    await rig.clock.advance(3 * WINDOW_MS);
    await storm(rig, 21, 20);
    assert.deepEqual(told(rig), [...singles(THRESHOLD), 'digest x15', 'failure']);
    await rig.pipeline.stop();
  });

  test('of one workload hides nothing of another', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    await storm(rig, 3, 0, 'api');
    assert.deepEqual(told(rig), singles(THRESHOLD + 3));
    await rig.pipeline.stop();
  });

  test('is told in several digests where it is large, without waiting for the window', async () => {
    const rig = stormRig();
    const count = DIGEST_FAILURES + THRESHOLD + 2;
    for (let number = 0; number < count; number++) {
      rig.pipeline.process({ type: 'added', cause: 'watch', pod: failingPod(number).facts() });
    }
    await rig.pipeline.settled();
    assert.deepEqual(rig.observer.digests, [DIGEST_FAILURES]);
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(rig.observer.digests, [DIGEST_FAILURES, 2]);
    assertEachOnce(rig.outbox, count);
    await rig.pipeline.stop();
  });

  test('is told to its end by an agent that ends in order', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    await rig.pipeline.stop();
    assert.deepEqual(told(rig), [...singles(THRESHOLD), 'digest x15']);
  });

  test('of which one failure is left is told as that failure', async () => {
    const rig = stormRig();
    await storm(rig, THRESHOLD + 1);
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), singles(THRESHOLD + 1));
    assert.equal(rowsOf(rig.outbox), 0);
    await rig.pipeline.stop();
  });
});

describe('without digests', () => {
  for (const [why, settings] of [
    ['a plane that does not ask for them', { eventTypes: ['resolved'] }],
    ['a threshold of 0', { digestThreshold: 0 }],
  ] as const) {
    test(`${why} gets each failure by itself`, async () => {
      const rig = stormRig({ settings });
      await storm(rig, 20);
      assert.deepEqual(told(rig), singles(20));
      await rig.pipeline.stop();
    });
  }

  test('a plane that asks for them no more gets by itself what was gathered', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    rig.settings = { ...rig.settings, eventTypes: [] };
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), singles(20));
    assertEachOnce(rig.outbox, 20);
    await rig.pipeline.stop();
  });
});

describe('what was gathered', () => {
  test('is told by the next process, its pods there or not, and nothing of it a second time', async () => {
    const killed = stormRig();
    await storm(killed, 20);
    const rig = stormRig({ outbox: killed.outbox });
    await rig.pipeline.load();
    for (let number = 0; number < 10; number++) await rig.change(failingPod(number), 'initial', 'added');
    rig.pipeline.synced();
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), [...singles(THRESHOLD), 'digest x15']);
    assertEachOnce(rig.outbox, 20);
    await rig.pipeline.stop();
  });

  test('is told also by who leads no more', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    rig.isTelling = false;
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assertEachOnce(rig.outbox, 20);
    await rig.pipeline.stop();
  });

  test('is in the outbox at every moment in one form: a kill between two appends loses and doubles nothing', async () => {
    const rig = stormRig();
    const moments: number[] = [];
    const { outbox } = rig;
    const append = outbox.append.bind(outbox);
    outbox.append = async (...call) => {
      const result = await append(...call);
      moments.push(idsToldBy(wireEvents(outbox)).length + rowsOf(outbox));
      return result;
    };
    await storm(rig, 20);
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.stop();
    assert.equal(moments.at(-1), 20);
    assert.ok(
      moments.every((count, index) => index === 0 || count >= (moments[index - 1] ?? 0)),
      moments.join(),
    );
  });

  test('waits where the outbox is full or broken, and is told when it no longer is', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    rig.outbox.script = ['full', 'broken', 'full'];
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), singles(THRESHOLD));
    await rig.clock.advance(10_000);
    await rig.pipeline.settled();
    assert.deepEqual(told(rig), [...singles(THRESHOLD), 'digest x15']);
    assertEachOnce(rig.outbox, 20);
    assert.equal(rig.pipeline.state.kind, 'running');
    await rig.pipeline.stop();
  });

  test('takes no room that a full outbox keeps for draining', async () => {
    const rig = stormRig();
    await storm(rig, 10);
    const { outbox } = rig;
    const append = outbox.append.bind(outbox);
    outbox.append = (events, state) =>
      events.length > 0 ? Promise.resolve({ result: 'full' }) : append(events, state);
    await storm(rig, 1, 0, 'api');
    await storm(rig, 20, 10);
    assert.equal(rowsOf(outbox), 10 - THRESHOLD);
    outbox.append = append;
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.stop();
    assertEachOnce(outbox, 21);
  });

  test('by a release that can no longer read it is counted and passed over, and the rest is told', async () => {
    const killed = stormRig();
    await storm(killed, 20);
    const rows = killed.outbox.state.get(DIGEST_SPACE);
    const [first = ''] = rows?.keys() ?? [];
    rows?.set(first, '{"eventId":7}');
    const rig = stormRig({ outbox: killed.outbox });
    await rig.pipeline.load();
    assert.deepEqual(rig.observer.failures, ['load']);
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assert.deepEqual(rig.observer.digests, [14]);
    await rig.pipeline.stop();
  });
});
