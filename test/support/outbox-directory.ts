/**
 * Durable outboxes for tests: directories that go with the test, opened on the calling thread unless asked otherwise.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openSqliteOutbox, type SqliteOutboxOptions } from '../../internal/pipeline/outbox-sqlite.ts';
import type { StoreNotice } from '../../internal/pipeline/outbox-store.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { ManualClock } from './manual-clock.ts';

export const MEBIBYTE = 1024 * 1024;

type EndOfTest = Pick<TestContext, 'after'>;

/** A new directory, removed with the test. */
export async function temporaryDirectory(t: EndOfTest, under = tmpdir()): Promise<string> {
  const dir = await mkdtemp(join(under, 'outbox-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface DurableOutbox {
  readonly outbox: Outbox;
  readonly notices: StoreNotice[];
}

/** Opens the outbox in `dir`. The caller closes it, or the test does at its end. */
export async function openDurable(
  t: EndOfTest,
  dir: string,
  change: Partial<SqliteOutboxOptions> = {},
): Promise<DurableOutbox> {
  const notices: StoreNotice[] = [];
  const outbox = await openSqliteOutbox({
    ...{ dir, quotaBytes: 64 * MEBIBYTE, clock: new ManualClock(), logger: silentLogger(), runsOn: 'calling' },
    onNotice: (notice) => notices.push(notice),
    ...change,
  });
  t.after(() => outbox.close());
  return { outbox, notices };
}

/** The files as they are now, copied elsewhere: what a crash at this moment would leave, all writes having reached the disk. */
export async function copyOf(t: EndOfTest, dir: string): Promise<string> {
  const copy = await temporaryDirectory(t);
  await cp(dir, copy, { recursive: true, filter: (path) => !path.endsWith('.ballast') });
  return copy;
}

export interface OutboxChild {
  readonly process: ChildProcess;
  /** Its next line on standard output; undefined at its end. */
  readonly line: () => Promise<string | undefined>;
}

/** Runs outbox-child.ts in a process of its own, killed with the test. `before` is put in front of its command line. */
export function outboxChild(
  t: EndOfTest,
  args: readonly string[],
  options: { readonly before?: readonly string[]; readonly uid?: number } = {},
): OutboxChild {
  const script = new URL('./outbox-child.ts', import.meta.url).pathname;
  const [command = '', ...rest] = [...(options.before ?? []), process.execPath, script, ...args];
  const ids = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  // A group of its own: a tracer that is killed lets what it traced run on.
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'], detached: true, ...ids });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string | undefined> => {
    const next = await lines.next();
    return next.done === true ? undefined : next.value;
  };
  return { process: child, line };
}
