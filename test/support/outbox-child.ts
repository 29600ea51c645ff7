/**
 * A process with a durable outbox, for tests of what survives it. `outbox-child.ts <dir> <what> [count] [runsOn]`:
 * - `hold`: opens it, says `open`, and waits to be killed;
 * - `append`: appends `count` events (for ever without it), one call each, and says `accepted <id>` after each;
 * - `append-many`: the same with many calls at once;
 * - `stall`: appends for 3 s and says by how much its event loop was late at worst.
 * Where opening is refused it says `refused <code> <remedy>` and ends with code 3.
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { outboxEvent } from './outbox-event.ts';

const [dir = '', what = 'hold', count = 'Infinity', runsOn = 'calling'] = process.argv.slice(2);

/** At once and not through a stream: what was said was said before whatever came after. */
function say(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    say(line);
  }
}

async function main(): Promise<void> {
  const outbox = await openSqliteOutbox({
    ...{ dir, quotaBytes: 64 * 1024 * 1024, clock: systemClock(), logger: silentLogger() },
    runsOn: runsOn === 'thread' ? 'thread' : 'calling',
  });
  say('open');
  let next = outbox.stats().events;
  const appendOne = async (): Promise<void> => {
    const event = outboxEvent(`${process.pid}-${next++}`, 'pod', 200);
    const result = await outbox.append([event], [{ space: 'dedupe', key: event.eventId, value: '1' }]);
    if (result.result === 'appended') say(`accepted ${event.eventId}`);
  };
  const appendFor = async (left: number): Promise<void> => {
    for (; left > 0; left--) {
      await appendOne();
      await nextTurn();
    }
  };
  switch (what) {
    case 'append':
      return appendFor(Number(count));
    case 'append-many':
      await Promise.all(Array.from({ length: 16 }, () => appendFor(Number(count))));
      return;
    case 'stall':
      say(`late ${await worstLateness(appendFor(Infinity))}`);
      return;
    default:
      await wait(600_000);
  }
}

/** Worst lateness, in Ms, of a 10 ms timer over 3 s while `_work` goes on. */
async function worstLateness(_work: Promise<void>): Promise<number> {
  let worst = 0;
  for (const endMs = performance.now() + 3000; performance.now() < endMs;) {
    const before = performance.now();
    await wait(10);
    worst = Math.max(worst, performance.now() - before - 10);
  }
  return Math.round(worst);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  say(`refused ${error.code} ${error.remedy}`);
  process.exit(3);
}
