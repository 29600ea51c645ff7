/**
 * The mark: a small file beside the outbox that tells how far it had come, `<schema> <last seq> <crc32>` in one line.
 *
 * Why: SQLite ends its write-ahead log in silence at the first frame that doesn't check, so a torn-off log looks like
 * one that was never longer. The mark, written and synced at most once a second and when the outbox is closed, makes
 * such a loss noticed. It also says which schema the file has, for when the file's own header is what is damaged.
 */
import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Clock, Timer } from '../platform/clock.ts';

const WRITE_PAUSE_MS = 1000;
/** One line of fixed length: written in place, it is well below what a disk writes at once. */
const LINE_BYTES = 64;
/** Not truncating: a crash between truncation and write would leave no mark at all. */
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT;

export interface Mark {
  readonly schema: number;
  readonly lastSeq: number;
}

/** What the mark says; undefined where there is none or it doesn't check. Never throws. */
export function readMark(path: string): Mark | undefined {
  try {
    const [schema, lastSeq, check] = readFileSync(path, 'latin1').trim().split(' ');
    const mark = { schema: Number(schema), lastSeq: Number(lastSeq) };
    const isWhole = Number.isSafeInteger(mark.schema) && Number.isSafeInteger(mark.lastSeq);
    return isWhole && check === checkOf(mark) ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** Writes and syncs the mark now. */
export function writeMark(path: string, mark: Mark): void {
  const fd = openSync(path, OPEN_FLAGS, 0o600);
  try {
    writeSync(fd, `${mark.schema} ${mark.lastSeq} ${checkOf(mark)}`.padEnd(LINE_BYTES - 1) + '\n', 0, 'latin1');
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function checkOf(mark: Mark): string {
  return crc32(`${mark.schema} ${mark.lastSeq}`).toString(16).padStart(8, '0');
}

/** Keeps the mark up to date, not more often than once a second. A mark that can't be written is tried again later. */
export class MarkKeeper {
  readonly #path: string;
  readonly #schema: number;
  readonly #clock: Clock;
  #lastSeq: number;
  #written: number;
  #timer: Timer | undefined;

  constructor(path: string, mark: Mark, clock: Clock) {
    this.#path = path;
    this.#schema = mark.schema;
    this.#lastSeq = mark.lastSeq;
    this.#written = -1;
    this.#clock = clock;
  }

  /** The outbox has durably come this far. */
  reached(lastSeq: number): void {
    if (lastSeq <= this.#lastSeq) return;
    this.#lastSeq = lastSeq;
    this.#timer ??= this.#clock.setTimer(WRITE_PAUSE_MS, () => this.flush());
  }

  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#written === this.#lastSeq) return;
    try {
      writeMark(this.#path, { schema: this.#schema, lastSeq: this.#lastSeq });
      this.#written = this.#lastSeq;
    } catch {
      // A full or failing disk shows in the outbox itself; the next append tries the mark again.
    }
  }
}
