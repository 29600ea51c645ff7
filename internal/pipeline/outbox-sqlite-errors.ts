/**
 * SQLite's and the file system's errors as codes of the table. Only OUTBOX_BROKEN is worth opening the file anew for;
 * OUTBOX_FULL passes by itself; the rest is for an operator.
 */
import { CodedError, type ErrorCode } from '../platform/errors.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const GENERIC = 1;
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

const byPrimaryCode: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [BUSY, 'OUTBOX_LOCKED'],
  [LOCKED, 'OUTBOX_LOCKED'],
  [READONLY, 'OUTBOX_UNUSABLE'],
  [CANTOPEN, 'OUTBOX_UNUSABLE'],
  [IOERR, 'OUTBOX_BROKEN'],
  [CORRUPT, 'OUTBOX_BROKEN'],
  [NOTADB, 'OUTBOX_BROKEN'],
  [FULL, 'OUTBOX_FULL'],
]);

/** SQLite's primary result code, if the error is SQLite's. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

/** A check of ours found the file's content wrong where SQLite did not mind. */
export class FileDamaged extends Error {}

/** The file's content is not what SQLite or we wrote. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === CORRUPT || code === NOTADB || error instanceof FileDamaged || isOutOfRange(error);
}

/**
 * The same while a file is being opened that is known to be writable: then a file that claims to be read-only, or of an
 * unknown format, has a damaged header.
 */
export function isDamageAtOpen(error: unknown): boolean {
  const code = primaryCode(error);
  return isDamage(error) || code === READONLY || code === GENERIC;
}

/** An integer was read that a number can't hold: node:sqlite throws, and we never wrote one. */
export function isOutOfRange(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
}

/** No room: on the device, or at the page limit. */
export function isFull(error: unknown): boolean {
  return primaryCode(error) === FULL || (error instanceof Error && 'code' in error && error.code === 'ENOSPC');
}

/** Any error of the store as a CodedError; one already coded is left as it is. */
export function coded(error: unknown, file: string): CodedError {
  if (error instanceof CodedError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new CodedError(codeOf(error), `${file}: ${reason}`, { cause: error });
}

function codeOf(error: unknown): ErrorCode {
  const primary = primaryCode(error);
  if (primary !== undefined) return byPrimaryCode.get(primary) ?? 'OUTBOX_BROKEN';
  if (isFull(error)) return 'OUTBOX_FULL';
  return error instanceof Error && 'syscall' in error ? 'OUTBOX_UNUSABLE' : 'OUTBOX_BROKEN';
}
