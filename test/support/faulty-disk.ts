/**
 * Disks that lie. Damage done to a file at rest, and what a crash may leave of writes that were not synced.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../internal/platform/random.ts';

export const PAGE = 4096;
const SECTOR = 512;

export type Damage = (content: Buffer) => Buffer;

/** Other bits in one byte. */
export function flipped(at: number, mask = 0x01): Damage {
  return (content) => {
    const copy = Buffer.from(content);
    copy[at] = (copy[at] ?? 0) ^ mask;
    return copy;
  };
}

export function truncatedTo(bytes: number): Damage {
  return (content) => content.subarray(0, bytes);
}

/** A page of zeroes, as after a lost write. Pages count from 0. */
export function zeroed(page: number): Damage {
  return (content) => Buffer.from(content).fill(0, page * PAGE, (page + 1) * PAGE);
}

/** Two pages in each other's place, as after misdirected writes. */
export function swapped(one: number, other: number): Damage {
  return (content) => {
    const copy = Buffer.from(content);
    content.copy(copy, one * PAGE, other * PAGE, (other + 1) * PAGE);
    content.copy(copy, other * PAGE, one * PAGE, (one + 1) * PAGE);
    return copy;
  };
}

/** The outbox's files that matter to a crash. */
export interface DiskImage {
  readonly db: Buffer;
  readonly wal: Buffer;
  readonly mark: Buffer;
}

export async function readImage(dir: string): Promise<DiskImage> {
  const [db, wal, mark] = await Promise.all(
    ['outbox.db', 'outbox.db-wal', 'outbox.mark'].map((name) => readOr(dir, name)),
  );
  return { db: db!, wal: wal!, mark: mark! };
}

export async function writeImage(dir: string, image: DiskImage): Promise<void> {
  await writeFile(join(dir, 'outbox.db'), image.db, { mode: 0o600 });
  await writeFile(join(dir, 'outbox.db-wal'), image.wal, { mode: 0o600 });
  if (image.mark.length > 0) await writeFile(join(dir, 'outbox.mark'), image.mark, { mode: 0o600 });
}

/**
 * What the disk may hold after a crash during one transaction, `before` and `after` being synced states around it.
 *
 * SQLite writes the log, syncs it, and only then, when checkpointing, writes the database (which it syncs before it
 * begins the log anew). So either the database is as before and the log is any mixture of sectors, or the log is as
 * after and the database is any mixture of pages.
 */
export function tornState(before: DiskImage, after: DiskImage, random: Random): DiskImage {
  if (!after.db.equals(before.db) && random.next() < 0.5) {
    return { ...after, db: mixed(before.db, after.db, PAGE, random), mark: before.mark };
  }
  if (!after.db.equals(before.db)) return before;
  return { ...before, wal: mixed(before.wal, after.wal, SECTOR, random) };
}

/** Each piece is the old or the new one; the length too is one or the other. */
function mixed(old: Buffer, young: Buffer, piece: number, random: Random): Buffer {
  const share = random.next();
  const length = random.next() < 0.5 ? Math.max(old.length, young.length) : young.length;
  const result = Buffer.alloc(length);
  old.copy(result);
  for (let at = 0; at < length; at += piece) {
    const end = Math.min(at + piece, length);
    if (random.next() < share && at < young.length) young.copy(result, at, at, end);
  }
  return result;
}

async function readOr(dir: string, name: string): Promise<Buffer> {
  return readFile(join(dir, name)).catch(() => Buffer.alloc(0));
}
