/**
 * Reads the rows of an SQLite file page by page, without SQLite and without trusting anything but the rows' own
 * checksums: SQLite gives up a whole tree when one page of it is damaged; most rows are on other pages.
 *
 * Format: https://www.sqlite.org/fileformat2.html. Only what our files hold is understood: table leaves with pages of
 * 4 KiB, integers, text and blobs. It never throws on any content; what can't be read is skipped.
 */
import type { SQLOutputValue } from 'node:sqlite';
import { PAGE_BYTES } from './outbox-sqlite-schema.ts';

/** The newest committed content of each page; undefined for one that is not there. */
export interface PageSource {
  readonly pages: number;
  page(number: number): Buffer | undefined;
}

const TABLE_LEAF = 0x0d;
const FILE_HEADER_BYTES = 100;
/** Largest and smallest share of a row that stays on its leaf (U - 35, and (U - 12) * 32 / 255 - 23). */
const MOST_LOCAL = PAGE_BYTES - 35;
const LEAST_LOCAL = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;
/** No row of ours is larger. */
const MOST_ROW_BYTES = 64 * 1024 * 1024;

/** Calls back for each row of each table leaf that is not on the free list; the first column holds the rowid. */
export function forEachRow(source: PageSource, take: (columns: SQLOutputValue[]) => void): void {
  const free = freePages(source);
  for (let number = 1; number <= source.pages; number++) {
    const page = free.has(number) ? undefined : source.page(number);
    if (page !== undefined) forEachCell(source, page, number === 1 ? FILE_HEADER_BYTES : 0, take);
  }
}

function forEachCell(source: PageSource, page: Buffer, at: number, take: (columns: SQLOutputValue[]) => void): void {
  if (page[at] !== TABLE_LEAF) return;
  const cells = Math.min(page.readUInt16BE(at + 3), PAGE_BYTES / 4);
  for (let cell = 0; cell < cells; cell++) {
    const columns = attempt(() => readCell(source, page, page.readUInt16BE(at + 8 + 2 * cell)));
    if (columns !== undefined) take(columns);
  }
}

function readCell(source: PageSource, page: Buffer, at: number): SQLOutputValue[] {
  const [size, afterSize] = varint(page, at);
  const [rowid, begin] = varint(page, afterSize);
  if (size > MOST_ROW_BYTES) throw new RangeError('no row of ours');
  const columns = readRecord(payload(source, page, begin, size));
  columns[0] = rowid;
  return columns;
}

/** The bytes of a row: those on the leaf and those on its overflow pages. */
function payload(source: PageSource, page: Buffer, begin: number, size: number): Buffer {
  if (size <= MOST_LOCAL) return page.subarray(begin, begin + size);
  const wanted = LEAST_LOCAL + ((size - LEAST_LOCAL) % (PAGE_BYTES - 4));
  const local = wanted <= MOST_LOCAL ? wanted : LEAST_LOCAL;
  const parts = [page.subarray(begin, begin + local)];
  let next = page.readUInt32BE(begin + local);
  for (let left = size - local; left > 0; left -= PAGE_BYTES - 4) {
    const overflow = source.page(next);
    if (overflow === undefined) throw new RangeError('the chain of pages is broken');
    parts.push(overflow.subarray(4, 4 + Math.min(left, PAGE_BYTES - 4)));
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function readRecord(record: Buffer): SQLOutputValue[] {
  const [headerBytes, first] = varint(record, 0);
  const columns: SQLOutputValue[] = [];
  let body = headerBytes;
  for (let at = first; at < headerBytes;) {
    const [type, next] = varint(record, at);
    const size = sizeOf(type);
    if (body + size > record.length) throw new RangeError('the row is cut off');
    columns.push(valueOf(type, record.subarray(body, body + size)));
    body += size;
    at = next;
  }
  return columns;
}

function sizeOf(serialType: number): number {
  if (serialType >= 12) return Math.floor((serialType - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][serialType] ?? 0;
}

function valueOf(serialType: number, bytes: Buffer): SQLOutputValue {
  if (serialType >= 12) return serialType % 2 === 1 ? bytes.toString('utf8') : Uint8Array.from(bytes);
  if (serialType === 8 || serialType === 9) return serialType - 8;
  if (serialType >= 1 && serialType <= 5) return bytes.readIntBE(0, bytes.length);
  return serialType === 6 ? Number(bytes.readBigInt64BE(0)) : null;
}

/** A variable-length integer and where it ends. */
function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes.readUInt8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9];
}

/** Pages on the free list hold rows that were removed. Where the list itself is damaged, as far as it goes. */
function freePages(source: PageSource): ReadonlySet<number> {
  const free = new Set<number>();
  let trunk = attempt(() => source.page(1)?.readUInt32BE(32)) ?? 0;
  while (trunk > 0 && trunk <= source.pages && !free.has(trunk)) {
    free.add(trunk);
    const page = source.page(trunk);
    const leaves = Math.min(page?.readUInt32BE(4) ?? 0, PAGE_BYTES / 4 - 2);
    for (let index = 0; index < leaves; index++) free.add(page?.readUInt32BE(8 + 4 * index) ?? 0);
    trunk = page?.readUInt32BE(0) ?? 0;
  }
  return free;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
