/**
 * Ballast: a file of some MiB beside the outbox that is thrown away when the device is full. On a full device SQLite can
 * not even delete (measured), so without it a full disk would stop the very draining that frees room.
 */
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 64 * 1024;

export class Ballast {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** Takes the room, if the device has three times as much. Real blocks: a sparse file would reserve nothing. */
  take(): void {
    if (this.#has()) return;
    try {
      const { bavail, bsize } = statfsSync(this.#path.slice(0, this.#path.lastIndexOf('/')));
      if (bavail * bsize >= 3 * this.#bytes) this.#fill();
    } catch {
      this.drop();
    }
  }

  /** Gives the room back. True if there was any. */
  drop(): boolean {
    const had = this.#has();
    rmSync(this.#path, { force: true });
    return had;
  }

  #has(): boolean {
    return (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0) >= this.#bytes;
  }

  #fill(): void {
    const fd = openSync(this.#path, 'w', 0o600);
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let written = 0; written < this.#bytes; written += CHUNK_BYTES) writeSync(fd, chunk);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
