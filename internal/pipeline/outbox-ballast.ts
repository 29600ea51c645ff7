/**
 * Ballast: a file of some MiB beside the outbox that is thrown away when the device is full. On a full device SQLite can
 * not even delete (measured), so without it a full disk would stop the very draining that frees room.
 */
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const CHUNK_BYTES = 64 * 1024;

/** The device of a directory. Without limit where the file system doesn't tell. */
export function deviceRoom(dir: string): { readonly freeBytes: number; readonly totalBytes: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(dir);
    if (blocks > 0) return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    // A file system that can't say how large it is will say when it is full.
  }
  return { freeBytes: Infinity, totalBytes: Infinity };
}

export class Ballast {
  readonly #path: string;
  readonly #mostBytes: number;

  constructor(path: string, mostBytes: number) {
    this.#path = path;
    this.#mostBytes = mostBytes;
  }

  /** Takes the room: at most a quarter of what is free. Real blocks, since a sparse file would reserve nothing. */
  take(): void {
    if (this.bytes() > 0) return;
    try {
      const bytes = Math.min(this.#mostBytes, deviceRoom(dirname(this.#path)).freeBytes / 4);
      if (bytes >= CHUNK_BYTES) this.#fill(bytes);
    } catch {
      this.drop();
    }
  }

  /** Gives the room back. True if there was any. */
  drop(): boolean {
    const had = this.bytes() > 0;
    rmSync(this.#path, { force: true });
    return had;
  }

  /** What it takes now. */
  bytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  #fill(bytes: number): void {
    const fd = openSync(this.#path, 'w', 0o600);
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let written = 0; written + CHUNK_BYTES <= bytes; written += CHUNK_BYTES) writeSync(fd, chunk);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
