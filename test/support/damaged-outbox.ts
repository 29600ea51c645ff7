/**
 * One outbox with something of everything in it, and the question what is left of it after damage.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import type { Outbox, OutboxEvent } from '../../internal/pipeline/outbox.ts';
import type { StoreNotice } from '../../internal/pipeline/outbox-store.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { readImage, writeImage, type DiskImage } from './faulty-disk.ts';
import { ManualClock } from './manual-clock.ts';
import { freezeSome, idsInBody, outboxEvent } from './outbox-event.ts';

/** Memory where there is such a place: thousands of files are opened, and no sync is needed. */
const fastDirectory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface Filled {
  readonly image: DiskImage;
  /** The bytes of each event ever stored. */
  readonly payloads: ReadonlyMap<string, string>;
  /** Ids of those that wait to be delivered. */
  readonly pending: readonly string[];
}

/**
 * What may be stored: about 40 events, some larger than a page; a batch, two in quarantine, state. All in the main file,
 * of 64 KiB.
 */
export function filledOutbox(): Promise<Filled> {
  const sizes = Array.from({ length: 38 }, (_, index) => (index % 17 === 5 ? 6000 : 300 + (index % 7) * 40));
  return inDirectory(async (dir) => {
    const clock = new ManualClock();
    const outbox = await open(dir, clock, []);
    const events = sizes.map((size, index) => outboxEvent(`e${index}`, `pod-${index % 30}`, size));
    for (const event of events) await append(outbox, [event]);
    for (const reason of ['invalid', 'too-large']) {
      await outbox.quarantine((await freezeSome(outbox, { events: 1, bytes: 1 })).batchId, reason);
    }
    const { batchId } = await freezeSome(outbox, { events: 5, bytes: 1e6 });
    await outbox.release(batchId, { delayMs: 0, key: 'next-generation' });
    await clock.advance(1000);
    await outbox.close();
    return filledWith(events, 2, await readImage(dir));
  });
}

/** A few events and a batch of some, before the log is first folded into the file: nearly all is in the log, of 48 KiB. */
export function loggedOutbox(): Promise<Filled> {
  return inDirectory(async (dir) => {
    const clock = new ManualClock();
    const outbox = await open(dir, clock, []);
    const events = [300, 2500, 300, 420].map((size, index) => outboxEvent(`e${index}`, `pod-${index}`, size));
    await append(outbox, events.slice(0, 2));
    await append(outbox, events.slice(2));
    await freezeSome(outbox, { events: 3, bytes: 1e6 });
    await clock.advance(1000);
    const image = await readImage(dir);
    await outbox.close();
    return filledWith(events, 0, image);
  });
}

async function append(outbox: Outbox, events: readonly OutboxEvent[]): Promise<void> {
  const state = events.map(({ eventId }) => ({ space: 'dedupe', key: eventId, value: '1' }));
  await outbox.append(events, state);
}

function filledWith(events: readonly OutboxEvent[], quarantined: number, image: DiskImage): Filled {
  const text = new TextDecoder();
  const payloads = new Map(events.map((event) => [event.eventId, text.decode(event.bytes)]));
  return { image, payloads, pending: [...payloads.keys()].slice(quarantined) };
}

export interface Remains {
  /** Ids of the events that came out, each with the right bytes. */
  readonly delivered: readonly string[];
  readonly notices: readonly StoreNotice[];
  readonly files: readonly string[];
  readonly tookMs: number;
}

/** Opens the image, drains it, and insists that nothing wrong comes out and that it still works afterwards. */
export async function whatRemainsOf(image: DiskImage, payloads: ReadonlyMap<string, string>): Promise<Remains> {
  return inDirectory(async (dir) => {
    await writeImage(dir, image);
    const notices: StoreNotice[] = [];
    const startedMs = performance.now();
    const outbox = await open(dir, new ManualClock(), notices);
    const tookMs = performance.now() - startedMs;
    try {
      const delivered: string[] = [];
      const limits = { events: 1000, bytes: 1e6 };
      for (let batch = await outbox.freeze(limits); batch !== undefined; batch = await outbox.freeze(limits)) {
        for (const event of await outbox.acknowledge(batch.batchId)) {
          assert.equal(new TextDecoder().decode(event.bytes), payloads.get(event.eventId), 'a wrong payload');
          delivered.push(event.eventId);
        }
      }
      assert.equal(new Set(delivered).size, delivered.length, 'an event came twice');
      await outbox.append([outboxEvent('fresh')], []);
      assert.deepEqual(idsInBody((await freezeSome(outbox)).body), ['fresh']);
      return { delivered, notices, files: await readdir(dir), tookMs };
    } finally {
      await outbox.close();
    }
  });
}

/** How many rows the notices account for. */
export function countedLosses(notices: readonly StoreNotice[]): number {
  return notices.reduce((sum, notice) => {
    if (notice.kind === 'rows-damaged') return sum + notice.rows;
    return notice.kind === 'records-missing' ? sum + notice.records : sum;
  }, 0);
}

function open(dir: string, clock: ManualClock, notices: StoreNotice[]) {
  return openSqliteOutbox({
    ...{ dir, quotaBytes: 4 * 1024 * 1024, clock, logger: silentLogger(), runsOn: 'calling' },
    onNotice: (notice) => notices.push(notice),
  });
}

async function inDirectory<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(fastDirectory, 'outbox-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
