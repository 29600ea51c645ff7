/**
 * The outbox's files: their names, their modes, and what has to be true of them before SQLite may see them.
 *
 * None of this may run while the file is open in SQLite in this process: closing any descriptor of a file gives up all of
 * the process's POSIX locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
 */
import { chmodSync, closeSync, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { readSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CodedError } from '../platform/errors.ts';

export interface OutboxFiles {
  readonly dir: string;
  readonly main: string;
  readonly wal: string;
  readonly mark: string;
  readonly ballast: string;
  /** A repaired file that is complete and not yet in its place. */
  readonly repaired: string;
  /** One that is being made. */
  readonly partial: string;
}

export function outboxFiles(dir: string): OutboxFiles {
  const main = join(dir, 'outbox.db');
  return {
    ...{ dir, main, wal: `${main}-wal`, mark: join(dir, 'outbox.mark'), ballast: join(dir, 'outbox.ballast') },
    ...{ repaired: `${main}.repaired`, partial: `${main}.partial` },
  };
}

/**
 * Makes the directory (mode 0700; one that is there is left as it is) and the file (0600), or refuses with
 * OUTBOX_UNUSABLE. It never puts anything in place of what it can't use.
 */
export function prepareFiles(files: OutboxFiles): void {
  makeDirectory(files.dir);
  finishRepair(files);
  const found = lstatSync(files.main, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw new CodedError(
      'OUTBOX_UNUSABLE',
      `${files.main} is ${found.isDirectory() ? 'a directory' : 'no regular file'}`,
    );
  }
  closeSync(openSync(files.main, 'a+', 0o600));
  if (found !== undefined && (found.mode & 0o777) !== 0o600) chmodSync(files.main, 0o600);
}

/** OUTBOX_MISSING where there is no outbox: for whoever must not make one. A repair cut short counts as one. */
export function demandFile(files: OutboxFiles): void {
  const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (!exists(files.dir)) throw new CodedError('OUTBOX_MISSING', `${files.dir} does not exist`);
  if (!exists(files.main) && !exists(files.repaired)) {
    throw new CodedError('OUTBOX_MISSING', `${files.dir} holds no ${basename(files.main)}`);
  }
}

/** The schema version in the file's own header; undefined for a new or unreadable one. */
export function headerVersion(files: OutboxFiles): number | undefined {
  const header = Buffer.alloc(100);
  const fd = openSync(files.main, 'r');
  try {
    const isWhole = readSync(fd, header, 0, 100, 0) === 100 && header.toString('latin1', 0, 15) === 'SQLite format 3';
    return isWhole ? header.readUInt32BE(60) : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Moves the file and its log aside; one such set is kept, the newest. Returns the new name. */
export function setFileAside(files: OutboxFiles, nowMs: number): string {
  for (const name of readdirSync(files.dir)) {
    if (name.startsWith('outbox.db.corrupt-')) rmSync(join(files.dir, name), { force: true });
  }
  const aside = `${files.main}.corrupt-${new Date(nowMs).toISOString().replaceAll(':', '-')}`;
  if (existsSync(files.wal)) renameSync(files.wal, `${aside}-wal`);
  renameSync(files.main, aside);
  rmSync(`${files.main}-shm`, { force: true });
  syncDirectory(files.dir);
  return aside;
}

/** Puts a complete repaired file into its place, which must be free. */
export function placeRepaired(files: OutboxFiles): void {
  renameSync(files.repaired, files.main);
  syncDirectory(files.dir);
}

/** So that names survive a power cut as well as contents do. */
export function syncDirectory(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** With those above it. Not mkdir's own `recursive`: where a file system answers ENOENT for ever, as /proc does, it never ends. */
function makeDirectory(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(dir) !== dir) makeDirectory(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
}

/** A repair that was cut short: before the damaged file was moved it is begun anew, after that it is completed. */
function finishRepair(files: OutboxFiles): void {
  rmSync(files.partial, { force: true });
  if (!existsSync(files.repaired)) return;
  if (existsSync(files.main)) rmSync(files.repaired, { force: true });
  else placeRepaired(files);
}
