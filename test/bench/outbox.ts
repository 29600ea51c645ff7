/** What keeping events costs: on disk, with a thread of its own or without, and in memory. */
import { execFile } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench, BenchContext, Figure } from './bench.ts';
import type { OutboxFigures } from './outbox-child.ts';

/** Of Linux, as statfs tells it. */
const TMPFS = 0x01021994;
/** µs each, at 5,000 a second. */
const STORM_AIM = 200;
const RECORD = Buffer.alloc(850, 'x');
const child = new URL('./outbox-child.ts', import.meta.url).pathname;

export const outbox: Bench = {
  name: 'outbox',
  about:
    'Per event: appended alone and by 200 callers at once, each synced to the disk before it is accepted; frozen and\n' +
    'acknowledged by batches. Baseline: 850 bytes, or 200 times as many, appended to a plain file and synced; of draining,\n' +
    'the aim of 50 µs (20,000 events/s), of a storm that of 200 µs (5,000 failures/s); of memory and lateness, SQLite on the\n' +
    'calling thread. On a disk that really syncs: a file system in memory is refused.',
  unavailable: async () => {
    const { type } = await statfs(tmpdir());
    return type === TMPFS ? `${tmpdir()} is in memory: point TMPDIR at a disk` : undefined;
  },
  run: async ({ isQuick, say }: BenchContext) => {
    const events = isQuick ? 5000 : 100_000;
    const dir = await mkdtemp(join(tmpdir(), 'outbox-bench-'));
    try {
      const plain = { alone: plainAppend(join(dir, 'plain'), 1), together: plainAppend(join(dir, 'plain'), 200) };
      const measured = async (kind: string): Promise<OutboxFigures> => {
        say(`${events} events, ${kind}`);
        return figuresOf(join(dir, kind), kind, events);
      };
      const thread = await measured('thread');
      say(`appends of 200 callers, each synced: ${Math.round(1e6 / thread.appendTogether)} failures/s`);
      return figures(plain, thread, await measured('calling'), await measured('memory'));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

function figures(
  plain: { readonly alone: number; readonly together: number },
  thread: OutboxFigures,
  calling: OutboxFigures,
  memory: OutboxFigures,
): Figure[] {
  const aim = 50;
  return [
    { what: 'failures of a storm, own thread', value: thread.appendTogether, unit: 'µs', baseline: STORM_AIM },
    { what: 'append alone, own thread', value: thread.appendAlone, unit: 'µs', baseline: plain.alone },
    { what: 'append alone, calling thread', value: calling.appendAlone, unit: 'µs', baseline: plain.alone },
    { what: 'append together, own thread', value: thread.appendTogether, unit: 'µs', baseline: plain.together },
    { what: 'append together, calling thread', value: calling.appendTogether, unit: 'µs', baseline: plain.together },
    { what: 'append together, in memory', value: memory.appendTogether, unit: 'µs' },
    { what: 'freeze and acknowledge by 100', value: thread.drainBy100, unit: 'µs', baseline: aim },
    { what: 'freeze and acknowledge by 1000', value: thread.drainBy1000, unit: 'µs', baseline: aim },
    { what: 'the same in memory', value: memory.drainBy1000, unit: 'µs', baseline: aim },
    { what: 'event loop late, p99, own thread', value: thread.lateMs, unit: 'ms', baseline: calling.lateMs },
    { what: 'memory to open it, own thread', value: thread.openedMB, unit: 'MB', baseline: calling.openedMB },
  ];
}

async function figuresOf(dir: string, kind: string, events: number): Promise<OutboxFigures> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, dir, kind, String(events)]);
  return JSON.parse(stdout) as OutboxFigures;
}

/** µs for each record, `together` of them written and synced at a time. */
function plainAppend(path: string, together: number): number {
  const fd = openSync(path, 'a');
  const rounds = 300;
  const records = Buffer.concat(Array.from({ length: together }, () => RECORD));
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    writeSync(fd, records);
    fdatasyncSync(fd);
  }
  closeSync(fd);
  return ((performance.now() - startedMs) * 1000) / (rounds * together);
}
