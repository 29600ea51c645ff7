/**
 * The pages of a database file as its write-ahead log leaves them: for each page the newest frame of the last whole
 * transaction, else what the file itself holds. As SQLite does, it follows the log up to the first frame whose checksum
 * is wrong and then to the last commit before it. Format: https://www.sqlite.org/fileformat2.html, section 4.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { PageSource } from './outbox-sqlite-pages.ts';
import { PAGE_BYTES } from './outbox-sqlite-schema.ts';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;
/** The last bit tells the byte order of the checksums. */
const MAGIC = 0x377f0682;

export interface OpenPages extends PageSource {
  close(): void;
}

/** Opens both files; the log may be missing. */
export function openPages(mainPath: string, walPath: string): OpenPages {
  const main = openSync(mainPath, 'r');
  const wal = openIfThere(walPath);
  const frames = wal === undefined ? noFrames : committedFrames(wal);
  return {
    pages: Math.max(Math.ceil(fstatSync(main).size / PAGE_BYTES), frames.pages),
    page: (number) => {
      const at = frames.newest.get(number);
      const isInWal = at !== undefined && wal !== undefined;
      return isInWal ? readPage(wal, at) : readPage(main, (number - 1) * PAGE_BYTES);
    },
    close: () => {
      closeSync(main);
      if (wal !== undefined) closeSync(wal);
    },
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function readPage(fd: number, at: number): Buffer | undefined {
  const page = Buffer.alloc(PAGE_BYTES);
  return at >= 0 && readSync(fd, page, 0, PAGE_BYTES, at) > 0 ? page : undefined;
}

interface Frames {
  /** Where in the log the newest content of each page begins. */
  readonly newest: ReadonlyMap<number, number>;
  readonly pages: number;
}

const noFrames: Frames = { newest: new Map(), pages: 0 };

function committedFrames(fd: number): Frames {
  const header = Buffer.alloc(WAL_HEADER_BYTES);
  if (readSync(fd, header, 0, WAL_HEADER_BYTES, 0) < WAL_HEADER_BYTES) return noFrames;
  const isBigEndian = header.readUInt32BE(0) === MAGIC + 1;
  if (!isBigEndian && header.readUInt32BE(0) !== MAGIC) return noFrames;
  const sum = new WalSum(isBigEndian);
  sum.add(header.subarray(0, 24));
  if (!sum.equals(header, 24) || header.readUInt32BE(8) !== PAGE_BYTES) return noFrames;
  return followFrames(fd, header.subarray(16, 24), sum);
}

function followFrames(fd: number, salt: Buffer, sum: WalSum): Frames {
  const newest = new Map<number, number>();
  let uncommitted: [page: number, at: number][] = [];
  let pages = 0;
  const frame = Buffer.alloc(FRAME_BYTES);
  for (let at = WAL_HEADER_BYTES; readSync(fd, frame, 0, FRAME_BYTES, at) === FRAME_BYTES; at += FRAME_BYTES) {
    sum.add(frame.subarray(0, 8));
    sum.add(frame.subarray(FRAME_HEADER_BYTES));
    if (!frame.subarray(8, 16).equals(salt) || !sum.equals(frame, 16)) break;
    uncommitted.push([frame.readUInt32BE(0), at + FRAME_HEADER_BYTES]);
    const pagesAfterCommit = frame.readUInt32BE(4);
    if (pagesAfterCommit === 0) continue;
    for (const [page, where] of uncommitted) newest.set(page, where);
    uncommitted = [];
    pages = pagesAfterCommit;
  }
  return { newest, pages };
}

/** The log's running checksum: two 32-bit sums over pairs of words. */
class WalSum {
  readonly #isBigEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian;
  }

  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 8) {
      this.#first = (this.#first + this.#word(bytes, at) + this.#second) >>> 0;
      this.#second = (this.#second + this.#word(bytes, at + 4) + this.#first) >>> 0;
    }
  }

  /** The sums are stored big-endian in either case. */
  equals(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#first && bytes.readUInt32BE(at + 4) === this.#second;
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }
}
