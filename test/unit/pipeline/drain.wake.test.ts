/**
 * The drain sleeps until something is due. Looking what that is takes time, on a slow disk or a busy machine much of it:
 * what falls due while the outbox is answering must not be slept over.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openMemoryOutbox } from '../../../internal/pipeline/outbox-memory.ts';
import { drainUnderTest, type DrainUnderTest } from '../../support/drain-under-test.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Its timers are on time, but it is later than they know by `lateMs`. */
class LateClock extends ManualClock {
  lateMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.lateMs;
  }
}

/** With an outbox whose next answers take so many Ms. */
async function withSlowOutbox(t: TestContext): Promise<DrainUnderTest & { readonly slowDown: (ms: number) => void }> {
  const clock = new LateClock();
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 1e6, onNotice: () => undefined });
  const freeze = outbox.freeze.bind(outbox);
  let tookMs = 0;
  outbox.freeze = async (limits) => {
    const batch = await freeze(limits);
    clock.lateMs += tookMs;
    tookMs = 0;
    return batch;
  };
  const under = await drainUnderTest(t, { outbox, clock });
  under.drain.start();
  return { ...under, slowDown: (ms) => (tookMs = ms) };
}

test('a linger that ends while the outbox answers ends all the same', async (t) => {
  const { append, clock, told, slowDown } = await withSlowOutbox(t);
  await append('e1');
  slowDown(1000);
  await append('e2');
  await clock.advance(5);
  assert.deepEqual(told(), ['e1', 'e2']);
});

test('a batch that falls due again while the outbox answers is sent again', async (t) => {
  const { append, clock, plane, told, outbox, slowDown } = await withSlowOutbox(t);
  const release = outbox.release.bind(outbox);
  outbox.release = async (...released) => {
    await release(...released);
    plane.mood = { is: 'well' };
    slowDown(1000);
  };
  plane.mood = { is: 'failing' };
  await append('e1');
  await clock.advance(5);
  assert.deepEqual(told(), ['e1']);
});
