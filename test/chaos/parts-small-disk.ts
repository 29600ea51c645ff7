/**
 * A disk that is soon full: a tmpfs mounted where a data directory is to be, small, or with little left of it until who
 * took the rest gives it back. Needs the right to mount.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const MEBIBYTE = 1024 * 1024;

export interface SmallDisk extends Disposable {
  /** Somebody else's file takes all but so many bytes. */
  readonly leave: (bytes: number) => void;
  /** That file goes. */
  readonly giveBack: () => void;
}

/** Why there can be none; undefined where there can. */
export function smallDiskUnavailable(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs the right to mount a tmpfs';
}

/** Mounts one at `dir`; it goes with what it holds when disposed of, also under a process that still runs. */
export function mountSmallDisk(dir: string, mebibytes: number): SmallDisk {
  mkdirSync(dir, { mode: 0o700 });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes * MEBIBYTE},mode=0700`, 'tmpfs', dir]);
  if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr.toString()}`);
  const file = path.join(dir, 'of-somebody-else');
  const giveBack = (): void => rmSync(file, { force: true });
  return {
    leave: (bytes) => {
      giveBack();
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
    },
    giveBack,
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', dir]),
  };
}
