/**
 * A disk that is full, slow, or that might lie about having written.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Outbox } from '../../../internal/pipeline/outbox.ts';
import { MEBIBYTE, openDurable, outboxChild, temporaryDirectory } from '../../support/outbox-directory.ts';
import { drainAll, outboxEvent } from '../../support/outbox-event.ts';

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
const needsStrace = canTrace ? false : 'needs strace, and the right to use it';

/** A file system in memory of `bytes`, gone with the test; undefined where it can't be mounted. */
async function smallDisk(t: TestContext, bytes: number): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'outbox-disk-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', dir]).status === 0;
  t.after(async () => {
    if (isMounted) spawnSync('umount', ['-l', dir]);
    await rm(dir, { recursive: true, force: true });
  });
  return isMounted ? dir : undefined;
}

async function appendUntilFull(outbox: Outbox, prefix: string): Promise<number> {
  for (let stored = 0; ; stored++) {
    const result = await outbox.append([outboxEvent(`${prefix}${stored}`, `pod-${stored}`, 2000)], []);
    if (result.result === 'full') return stored;
    assert.ok(stored < 100_000, 'never full');
  }
}

for (const [name, diskBytes, quotaBytes] of [
  ['short of the quota', 64 * MEBIBYTE, 6 * MEBIBYTE],
  ['on a device smaller than the quota', 8 * MEBIBYTE, 64 * MEBIBYTE],
] as const) {
  test(`full ${name}: appends are refused, draining goes on, appends resume`, async (t) => {
    const dir = await smallDisk(t, diskBytes);
    if (dir === undefined) {
      t.skip('needs the right to mount a tmpfs');
      return;
    }
    const { outbox } = await openDurable(t, dir, { quotaBytes });
    const stored = await appendUntilFull(outbox, 'e');
    assert.ok(stored > 100, `${stored} stored`);
    assert.equal(outbox.stats().events, stored);
    const half: string[] = [];
    while (half.length < stored / 2) {
      const batch = await outbox.freeze({ events: 50, bytes: MEBIBYTE });
      half.push(...(batch?.eventIds ?? []));
      await outbox.acknowledge(batch!.batchId);
    }
    assert.ok((await appendUntilFull(outbox, 'later')) > 10, 'there is room again');
    await outbox.close();
    const { outbox: after, notices } = await openDurable(t, dir, { quotaBytes });
    assert.deepEqual(notices, []);
    const rest = await drainAll(after);
    assert.deepEqual([...half, ...rest].filter((id) => id.startsWith('e')).length, stored);
  });
}

test('on a device that others have filled draining goes on, and appends do once there is room', async (t) => {
  const dir = await smallDisk(t, 32 * MEBIBYTE);
  if (dir === undefined) {
    t.skip('needs the right to mount a tmpfs');
    return;
  }
  const { outbox } = await openDurable(t, dir, { quotaBytes: 16 * MEBIBYTE });
  for (let index = 0; index < 300; index++) await outbox.append([outboxEvent(`e${index}`, 'p', 2000)], []);
  await writeFile(join(dir, 'others'), Buffer.alloc(40 * MEBIBYTE)).catch(() => undefined);
  while ((await outbox.append([outboxEvent(`late${outbox.stats().events}`, 'p', 2000)], [])).result !== 'full');
  const before = outbox.stats().events;
  for (let turn = 0; turn < 5; turn++) {
    const batch = await outbox.freeze({ events: 20, bytes: MEBIBYTE });
    await outbox.acknowledge(batch!.batchId);
  }
  assert.equal(outbox.stats().events, before - 100);
  await rm(join(dir, 'others'));
  assert.equal((await outbox.append([outboxEvent('again')], [])).result, 'appended');
});

test('on a device so small that the log alone fills it, what was full and was drained takes as much again, each time', async (t) => {
  const dir = await smallDisk(t, 2 * MEBIBYTE);
  if (dir === undefined) {
    t.skip('needs the right to mount a tmpfs');
    return;
  }
  const { outbox } = await openDurable(t, dir, { quotaBytes: 64 * MEBIBYTE });
  let appended = 0;
  const append = async (events: number): Promise<boolean> => {
    const many = Array.from({ length: events }, () => outboxEvent(`e${appended++}`, 'p', 800));
    return (await outbox.append(many, [])).result === 'appended';
  };
  for (let round = 0; round < 5; round++) {
    while (await append(32));
    while (await append(1));
    assert.ok(outbox.stats().events > 100, `round ${round}: ${outbox.stats().events} stored`);
    while (outbox.stats().events > 0) {
      const batch = await outbox.freeze({ events: 100, bytes: MEBIBYTE });
      await outbox.acknowledge(batch!.batchId);
    }
  }
});

for (const runsOn of ['calling', 'thread']) {
  test(
    `no append is accepted before the log was synced after its last write (SQLite on: ${runsOn})`,
    { skip: needsStrace },
    async (t) => {
      const dir = await temporaryDirectory(t);
      const log = join(dir, 'calls');
      const calls = 'trace=openat,close,fsync,fdatasync,pwrite64,write';
      const appends = Number(process.env['OUTBOX_TRACED_APPENDS'] ?? 300);
      const child = outboxChild(t, [join(dir, 'data'), 'append', String(appends), runsOn], {
        before: ['strace', '-f', '-e', calls, '-o', log],
      });
      while ((await child.line()) !== undefined);
      const { accepted, unsynced, syncs } = readCalls(await readFile(log, 'utf8'));
      assert.deepEqual([accepted, unsynced], [appends, 0]);
      assert.ok(syncs >= appends, `${syncs} syncs for ${appends} appends`);
    },
  );
}

/** Walks the calls in order: was the log, when `accepted` was said, synced since it was last written? */
function readCalls(log: string): { readonly accepted: number; readonly unsynced: number; readonly syncs: number } {
  let wal = 'none';
  let isSynced = true;
  /** Threads in a sync of the log that strace saw begin and not yet end. */
  const syncing = new Set<string>();
  const seen = { accepted: 0, unsynced: 0, syncs: 0 };
  const synced = (): void => {
    isSynced = true;
    seen.syncs += 1;
  };
  for (const line of log.split('\n')) {
    const [thread = ''] = line.split(' ');
    wal = /openat\(.*outbox\.db-wal".* = (\d+)/.exec(line)?.[1] ?? wal;
    if (line.includes(`pwrite64(${wal},`)) isSynced = false;
    else if (line.includes(`sync(${wal} <unfinished`)) syncing.add(thread);
    else if (line.includes(`sync(${wal})`) || (line.includes('sync resumed') && syncing.delete(thread))) synced();
    else if (line.includes('"accepted ')) {
      seen.accepted += 1;
      if (!isSynced) seen.unsynced += 1;
    }
  }
  return seen;
}

test('a disk that takes 500 ms for each sync does not stop the event loop', { skip: needsStrace }, async (t) => {
  const late = async (runsOn: string): Promise<number> => {
    const slow = ['-e', 'inject=fsync,fdatasync:delay_enter=500000', '-e', 'trace=fsync,fdatasync'];
    const dir = await temporaryDirectory(t);
    await (await openDurable(t, dir)).outbox.close();
    const child = outboxChild(t, [dir, 'stall', '0', runsOn], {
      before: ['strace', '-f', '-o', '/dev/null', ...slow],
    });
    for (let line = await child.line(); line !== undefined; line = await child.line()) {
      if (line.startsWith('late ')) return Number(line.slice('late '.length));
    }
    throw new Error('it ended before it said how late it was');
  };
  const [onItsOwn, onCalling] = [await late('thread'), await late('calling')];
  assert.ok(onItsOwn < 200, `${onItsOwn} ms late with a thread of its own`);
  assert.ok(onCalling > 400, `${onCalling} ms late without: else this test proves nothing`);
});
