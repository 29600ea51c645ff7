// One builder at a time for each cache folder, over processes and checkouts.
//
// A lock file names its holder by process id and start time. A lock whose holder is gone (killed, rebooted) is taken
// over. Where two waiters take over the same stale lock in the same instant both may build: that wastes time and harms
// nothing, since each binary is put in place by one rename.
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, parseIdentity, type ProcessIdentity } from './process/identity.ts';

const POLL_MS = 500;

/** Says which process is waited for. Called once for each holder. */
export type OnWait = (holder: ProcessIdentity) => void;

function writeOnce(file: string, content: string): boolean {
  // Linked into place whole: a lock file is never seen empty or half written.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Tries once; the holder who is in the way, or undefined when the lock is ours. Removes a stale lock. */
function tryLock(file: string, content: string): ProcessIdentity | undefined {
  for (;;) {
    if (writeOnce(file, content)) return undefined;
    const found = readText(file);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && isRunning(holder)) return holder;
    if (readText(file) === found) rmSync(file, { force: true });
  }
}

/** Runs `work` while holding the lock file; waits for whoever has it. Releases it also when `work` throws. */
export async function withLock<T>(file: string, onWait: OnWait, work: () => Promise<T>): Promise<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  const content = JSON.stringify(identify(process.pid));
  let announced: string | undefined;
  for (;;) {
    const holder = tryLock(file, content);
    if (holder === undefined) break;
    if (announced !== holder.startedAt) onWait(holder);
    announced = holder.startedAt;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
