/**
 * StringCache: gives the same string for the same bytes, so that what repeats from pod to pod (namespaces, labels,
 * images, reasons) is decoded and kept once. A fixed number of slots, the newer string takes the place of the older: it
 * owns nothing for long and can't grow, and what it let go of lives as long as the pods that use it.
 */

/** Image ids, with their digests, are the longest that repeat. */
const LONGEST_BYTES = 128;

export class StringCache {
  readonly #slots: (string | undefined)[];
  readonly #mask: number;
  /** Where the bytes last looked up belong; -1 if nowhere. */
  #slot = -1;

  /** `size` slots, a power of two. */
  constructor(size: number) {
    this.#slots = new Array<string | undefined>(size).fill(undefined);
    this.#mask = size - 1;
  }

  /** The string of `bytes[start, end)` if it is known. Only ASCII is ever found: there a byte is a character. */
  lookUp(bytes: Buffer, start: number, end: number): string | undefined {
    const size = end - start;
    this.#slot = -1;
    if (size > LONGEST_BYTES || size <= 0) return undefined;
    this.#slot = hashEnds(bytes, start, end) & this.#mask;
    const known = this.#slots[this.#slot];
    return known !== undefined && isSame(known, bytes, start, end) ? known : undefined;
  }

  /** Keeps `text` for the bytes that were just looked up, and returns it. */
  keep(text: string): string {
    if (this.#slot >= 0) this.#slots[this.#slot] = text;
    return text;
  }
}

/** FNV-1a of at most sixteen bytes, the first eight and the last: names of a kind differ at their ends. */
function hashEnds(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start);
  const head = Math.min(end, start + 8);
  for (let at = start; at < head; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  for (let at = Math.max(head, end - 8); at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}

function isSame(known: string, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) {
    const byte = bytes[start + at] ?? 0;
    if (byte >= 0x80 || known.charCodeAt(at) !== byte) return false;
  }
  return true;
}
