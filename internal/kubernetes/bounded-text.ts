/**
 * Strings of strangers, cut to a bound at a character's edge and made well-formed. What is returned never keeps a longer
 * string alive behind it (V8's substrings do: a cut 1 MiB message would stay whole in memory).
 */
import { MESSAGE_BYTES, WORD_BYTES } from '../platform/limits.ts';

const scratch = Buffer.alloc(Math.max(MESSAGE_BYTES, WORD_BYTES));
const encoder = new TextEncoder();

/** `value` if it is a string, in at most `limitBytes` bytes of UTF-8 (at most 1024); '' for anything else. */
export function boundedText(value: unknown, limitBytes: number): string {
  if (typeof value !== 'string') return '';
  // No character takes more than three bytes for each of its UTF-16 units.
  if (value.length * 3 <= limitBytes) return value.isWellFormed() ? value : value.toWellFormed();
  const { written } = encoder.encodeInto(value, scratch.subarray(0, limitBytes));
  return scratch.toString('utf8', 0, written);
}

/** A name, reason, image, label: WORD_BYTES at most. */
export function word(value: unknown): string {
  return boundedText(value, WORD_BYTES);
}

/** Where UTF-8 of `bytes[start, end)` has to be cut to fit `limitBytes` without cutting a character. */
export function textEnd(bytes: Buffer, start: number, end: number, limitBytes: number): number {
  if (end - start <= limitBytes) return end;
  let cut = start + limitBytes;
  // Continuation bytes are 10xxxxxx (RFC 3629); a character has at most three of them.
  for (let back = 0; back < 3 && cut > start && ((bytes[cut] ?? 0) & 0xc0) === 0x80; back++) cut--;
  return cut;
}
