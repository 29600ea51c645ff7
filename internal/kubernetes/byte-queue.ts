/**
 * Bytes that have arrived and are not used yet, as the network cut them. Joined only when something spans two chunks,
 * and then once, so that a large object in small pieces costs one copy and not one for each piece.
 */

export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Keeps a reference to `chunk`: it must not be written to afterwards. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first `size` bytes, in one piece; they stay. `size` is at most `length`. */
  peek(size: number): Buffer {
    const first = this.#chunks[0];
    if (first === undefined || size === 0) return Buffer.alloc(0);
    if (first.length >= size) return first.subarray(0, size);
    let joined = 0;
    let count = 0;
    for (const chunk of this.#chunks) {
      if (joined >= size) break;
      joined += chunk.length;
      count++;
    }
    const whole = Buffer.concat(this.#chunks.splice(0, count), joined);
    this.#chunks.unshift(whole);
    return whole.subarray(0, size);
  }

  /** Lets go of the first `size` bytes, at most `length`. */
  skip(size: number): void {
    this.#length -= size;
    let left = size;
    let dropped = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > left) break;
      left -= chunk.length;
      dropped++;
    }
    if (dropped > 0) this.#chunks.splice(0, dropped);
    const first = this.#chunks[0];
    if (left > 0 && first !== undefined) this.#chunks[0] = first.subarray(left);
  }
}
