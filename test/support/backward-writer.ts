/**
 * BackwardWriter: protobuf written from its end to its beginning, as Kubernetes' own marshaller does it: when a length has to
 * be written, what it is the length of is there already. One buffer is used again and again.
 */

const START_BYTES = 1024 * 1024;
/** Copies are cut from pieces of this size: an allocation for each of a hundred thousand pods would take longer than writing it. */
const SLAB_BYTES = 1024 * 1024;

export class BackwardWriter {
  #bytes = Buffer.allocUnsafe(START_BYTES);
  #at = START_BYTES;
  #slab = Buffer.alloc(0);
  #slabAt = 0;

  /** Bytes written so far. Their difference is the length of what was written between. */
  get size(): number {
    return this.#bytes.length - this.#at;
  }

  begin(): void {
    this.#at = this.#bytes.length;
  }

  /** A copy of what has been written since `begin`. */
  end(): Buffer {
    const size = this.size;
    if (this.#slab.length - this.#slabAt < size) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, size));
      this.#slabAt = 0;
    }
    const copy = this.#slab.subarray(this.#slabAt, this.#slabAt + size);
    this.#bytes.copy(copy, 0, this.#at);
    this.#slabAt += size;
    return copy;
  }

  /** Non-negative numbers up to 2^53. */
  varint(value: number): void {
    this.#reserve(10);
    let size = 1;
    for (let left = value; left >= 128; left = Math.floor(left / 128)) size++;
    this.#at -= size;
    let left = value;
    for (let index = 0; index < size - 1; index++) {
      this.#bytes[this.#at + index] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    this.#bytes[this.#at + size - 1] = left;
  }

  /** int32 and int64: a negative number takes ten bytes of two's complement. */
  int(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#reserve(10);
    let left = BigInt.asUintN(64, BigInt(value));
    this.#at -= 10;
    for (let index = 0; index < 10; index++) {
      this.#bytes[this.#at + index] = Number(left & 127n) | (index < 9 ? 128 : 0);
      left >>= 7n;
    }
  }

  /** UTF-8, without a length. */
  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#reserve(size);
    this.#at -= size;
    this.#bytes.write(text, this.#at, size, 'utf8');
  }

  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    bytes.copy(this.#bytes, this.#at);
  }

  /** Length and tag of a field whose content has been written since `sizeBefore`. */
  close(number: number, sizeBefore: number): void {
    this.varint(this.size - sizeBefore);
    this.varint(number * 8 + 2);
  }

  #reserve(size: number): void {
    if (this.#at >= size) return;
    const grown = Buffer.allocUnsafe(this.#bytes.length * 2 + size);
    const at = grown.length - this.size;
    this.#bytes.copy(grown, at, this.#at);
    this.#bytes = grown;
    this.#at = at;
  }
}
