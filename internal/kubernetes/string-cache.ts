/**
 * StringCache: gives the same string for the same bytes, so that what repeats from pod to pod (namespaces, labels,
 * images, reasons) is decoded and kept once. A fixed number of slots, the newer string takes the place of the older: it
 * owns nothing for long and can't grow, and what it let go of lives as long as the pods that use it.
 */

/** Longer strings rarely repeat. */
const LONGEST_BYTES = 64;

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
    this.#slot = -1;
    if (end - start > LONGEST_BYTES) return undefined;
    let hash = 0x811c9dc5;
    let seen = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      seen |= byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (seen >= 0x80) return undefined;
    this.#slot = (hash ^ (hash >>> 15)) & this.#mask;
    const known = this.#slots[this.#slot];
    return known !== undefined && isSame(known, bytes, start, end) ? known : undefined;
  }

  /** Keeps `text` for the bytes that were just looked up, and returns it. */
  keep(text: string): string {
    if (this.#slot >= 0) this.#slots[this.#slot] = text;
    return text;
  }
}

function isSame(known: string, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let at = 0; at < known.length; at++) if (known.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
