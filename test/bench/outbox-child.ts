/**
 * One process with one outbox, measured: `outbox-child.ts <dir> <thread|calling|memory> <events>` prints its figures as
 * one line of JSON. A process of its own, so that memory and the event loop are those of this outbox alone.
 */
import { createHash } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Outbox, OutboxEvent } from '../../internal/pipeline/outbox.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';

export interface OutboxFigures {
  /** µs for each event. */
  readonly appendAlone: number;
  readonly appendTogether: number;
  readonly drainBy100: number;
  readonly drainBy1000: number;
  /** Ms the event loop was late, 99 of 100 times at most, while events were appended together. */
  readonly lateMs: number;
  /** MB resident more than before the outbox was opened. */
  readonly openedMB: number;
}

const [dir = '', kind = 'thread', count = '20000'] = process.argv.slice(2);
const events = Number(count);
const QUOTA_BYTES = 1024 * 1024 * 1024;

function open(): Promise<Outbox> {
  const clock = systemClock();
  if (kind === 'memory') return openMemoryOutbox({ clock, quotaBytes: QUOTA_BYTES, onNotice: () => undefined });
  const runsOn = kind === 'thread' ? 'thread' : 'calling';
  return openSqliteOutbox({ dir, quotaBytes: QUOTA_BYTES, clock, runsOn, logger: silentLogger() });
}

/** About as large as a wire event with its labels. */
function event(index: number): OutboxEvent {
  const eventId = createHash('sha256').update(String(index)).digest('hex').slice(0, 32);
  const text = JSON.stringify({ event_id: eventId, message: 'x'.repeat(600), restart_count: index % 9 });
  return {
    ...{
      eventId,
      podUid: `3c9d1c5e-0000-4000-8000-${index}`,
      namespace: 'shop',
      pod: `pod-${index}`,
      phase: 'Running',
    },
    ...{ fingerprint: 'f'.repeat(32), bytes: new TextEncoder().encode(text), observedAtMs: 1_700_000_000_000 },
  };
}

async function microsecondsEach(work: () => Promise<number>): Promise<number> {
  const startedMs = performance.now();
  const done = await work();
  return ((performance.now() - startedMs) * 1000) / done;
}

async function drain(outbox: Outbox, size: number, wanted: number): Promise<number> {
  let done = 0;
  while (done < wanted) {
    const batch = await outbox.freeze({ events: size, bytes: 1024 * 1024 });
    if (batch === undefined) break;
    done += batch.events;
    await outbox.acknowledge(batch.batchId);
  }
  return done;
}

async function measure(): Promise<OutboxFigures> {
  const before = process.memoryUsage.rss();
  const outbox = await open();
  const openedMB = (process.memoryUsage.rss() - before) / 2 ** 20;
  const alone = Math.min(1000, events);
  const appendAlone = await microsecondsEach(async () => {
    for (let index = 0; index < alone; index++) await outbox.append([event(-index - 1)], []);
    return alone;
  });
  const all = Array.from({ length: events }, (_, index) => event(index));
  const late = monitorEventLoopDelay({ resolution: 1 });
  late.enable();
  let next = 0;
  const append = async (): Promise<void> => {
    for (let mine = all[next++]; mine !== undefined; mine = all[next++]) {
      await outbox.append([mine], []);
      await nextTurn();
    }
  };
  const appendTogether = await microsecondsEach(async () => {
    await Promise.all(Array.from({ length: 200 }, append));
    return events;
  });
  late.disable();
  const drainBy100 = await microsecondsEach(() => drain(outbox, 100, Math.min(events / 4, 20_000)));
  const drainBy1000 = await microsecondsEach(() => drain(outbox, 1000, events));
  await outbox.close();
  return { appendAlone, appendTogether, drainBy100, drainBy1000, lateMs: late.percentile(99) / 1e6, openedMB };
}

console.log(JSON.stringify(await measure()));
