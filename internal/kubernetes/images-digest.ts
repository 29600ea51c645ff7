/**
 * The images of a pod's spec as a few characters: enough to notice that one was edited, which the kubelet answers by
 * stopping the container, and which container it was. Two UTF-16 units, 32 bits of FNV-1a, for each container in the
 * order init, app. Not text: never print it.
 */

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** FNV-1a of `bytes[start, end)`. */
export function hashBytes(bytes: Buffer, start: number, end: number): number {
  let hash = OFFSET;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), PRIME);
  return hash;
}

/** The same of a string's UTF-8. */
export function hashText(text: string): number {
  let hash = OFFSET;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) return hashBytes(Buffer.from(text), 0, Buffer.byteLength(text));
    hash = Math.imul(hash ^ unit, PRIME);
  }
  return hash;
}

export function digestOf(hash: number): string {
  return String.fromCharCode(hash >>> 16, hash & 0xffff);
}

/** Is `digest` the digest of the one image with this hash? */
export function isDigestOf(digest: string, hash: number): boolean {
  return digest.length === 2 && digest.charCodeAt(0) === hash >>> 16 && digest.charCodeAt(1) === (hash & 0xffff);
}

/** Is the image of the container at `index` (init, then app) the same in both? True if either has no such container. */
export function hasSameImage(before: string, after: string, index: number): boolean {
  const at = index * 2;
  if (at + 2 > before.length || at + 2 > after.length) return true;
  return before.charCodeAt(at) === after.charCodeAt(at) && before.charCodeAt(at + 1) === after.charCodeAt(at + 1);
}
