/**
 * A cursor over the protobuf wire format in one Buffer: reads the fields one asks for, skips the others by their length,
 * copies nothing but the strings that are kept. Allocates nothing of its own. (Encoding: protobuf.dev/programming-guides/
 * encoding; groups, long out of use, are refused as Kubernetes does.)
 *
 *     for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
 *       if (fieldOf(tag) === 1) name = reader.text(tag, 512); else reader.skip(tag);
 *     }
 *
 * Promises: never reads outside [start, end) of the message at hand, never loops for ever; what is malformed is thrown
 * as a WireError, which readers turn into coded errors.
 */
import { textEnd } from './bounded-text.ts';
import { StringCache } from './string-cache.ts';

/** Malformed bytes. Cheap and without detail of them: what they hold may be anybody's secret. */
export class WireError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'WireError';
  }
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const LONGEST_VARINT = 10;
const TWO_32 = 2 ** 32;

/** The field's number, of a tag. */
export function fieldOf(tag: number): number {
  return tag >>> 3;
}

/** Node's own method; its types leave it out. */
type SliceableBuffer = Buffer & { utf8Slice(start: number, end: number): string };

const nothing = Buffer.alloc(0);
const WORDS_CACHED = 4096;

export class ProtobufReader {
  /** Strings that repeat from object to object. */
  readonly #words = new StringCache(WORDS_CACHED);
  bytes = nothing as SliceableBuffer;
  /** The next byte to be read. */
  at = 0;
  /** Where the message at hand ends. */
  end = 0;

  /** Begins at the message in `bytes[start, end)`. */
  reset(bytes: Buffer, start: number, end: number): void {
    if (start < 0 || end > bytes.length || start > end) throw new WireError('a message outside its bytes');
    this.bytes = bytes as SliceableBuffer;
    this.at = start;
    this.end = end;
  }

  /** Lets go of the bytes. */
  release(): void {
    this.reset(nothing, 0, 0);
  }

  /** The tag of the next field; 0 at the end of the message. */
  next(): number {
    if (this.at >= this.end) return 0;
    const first = this.bytes[this.at] ?? 0;
    if (first < 0x80) {
      this.at++;
      if (first < 8) throw new WireError('field number 0');
      return first;
    }
    const tag = this.varint();
    if (tag < 8 || tag >= TWO_32) throw new WireError('a field number out of range');
    return tag;
  }

  /** Passes over a field. */
  skip(tag: number): void {
    switch (tag & 7) {
      case BYTES:
        this.#advance(this.varint());
        break;
      case VARINT:
        this.#skipVarint();
        break;
      case FIXED64:
        this.#advance(8);
        break;
      case FIXED32:
        this.#advance(4);
        break;
      default:
        throw new WireError('an unknown wire type');
    }
  }

  /** Enters the message that the field is; returns what to `leave` with. */
  enter(tag: number): number {
    const outer = this.end;
    const size = this.#size(tag);
    this.end = this.at + size;
    return outer;
  }

  /** Goes on behind the message that was entered, wherever in it one is. */
  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** Passes over a field of bytes and returns how many they are: `at - size` to `at`. */
  range(tag: number): number {
    const size = this.#size(tag);
    this.at += size;
    return size;
  }

  /** A string, in at most `limitBytes`. Invalid UTF-8 becomes U+FFFD, as it does in the API server's JSON. */
  text(tag: number, limitBytes: number): string {
    const size = this.#size(tag);
    const start = this.at;
    this.at += size;
    return size === 0 ? '' : this.slice(start, this.at, limitBytes);
  }

  /** A string that is likely to have been read before. */
  word(tag: number, limitBytes: number): string {
    const size = this.#size(tag);
    const start = this.at;
    this.at += size;
    return size === 0 ? '' : this.wordAt(start, this.at, limitBytes);
  }

  /** The string in `bytes[start, end)`. */
  slice(start: number, end: number, limitBytes: number): string {
    return this.bytes.utf8Slice(start, textEnd(this.bytes, start, end, limitBytes));
  }

  /** The same, if it is likely to have been read before. */
  wordAt(start: number, end: number, limitBytes: number): string {
    return this.#words.lookUp(this.bytes, start, end) ?? this.#words.keep(this.slice(start, end, limitBytes));
  }

  /** Are `bytes[start, end)` the ASCII of `text`? */
  isAt(start: number, end: number, text: string): boolean {
    if (end - start !== text.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[start + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** Are the `size` bytes just passed the ASCII of `text`? */
  passed(size: number, text: string): boolean {
    return this.isAt(this.at - size, this.at, text);
  }

  bool(tag: number): boolean {
    return this.int64(tag) !== 0;
  }

  /** An int32. */
  int32(tag: number): number {
    return this.int64(tag) | 0;
  }

  /** An int64, rounded to what a double holds. */
  int64(tag: number): number {
    if ((tag & 7) !== VARINT) throw new WireError('a field of another type');
    const first = this.bytes[this.at] ?? 0;
    if (first < 0x80 && this.at < this.end) {
      this.at++;
      return first;
    }
    return this.#int64();
  }

  /** An unsigned varint, exact up to 2^53: sizes and tags. Nearly all take one or two bytes. */
  varint(): number {
    const { bytes, at } = this;
    if (this.end - at >= 2) {
      const first = bytes[at] ?? 0;
      if (first < 0x80) {
        this.at = at + 1;
        return first;
      }
      const second = bytes[at + 1] ?? 0;
      if (second < 0x80) {
        this.at = at + 2;
        return (first & 0x7f) | (second << 7);
      }
    }
    return this.#longVarint();
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let read = 0; read < LONGEST_VARINT; read++) {
      if (this.at >= this.end) throw new WireError('a number that is cut off');
      const byte = this.bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new WireError('a number that does not end');
  }

  #int64(): number {
    let low = 0;
    let high = 0;
    for (let read = 0; read < LONGEST_VARINT; read++) {
      if (this.at >= this.end) throw new WireError('a number that is cut off');
      const byte = this.bytes[this.at++] ?? 0;
      const part = byte & 0x7f;
      if (read < 4) low |= part << (7 * read);
      else if (read === 4) {
        low |= part << 28;
        high |= part >>> 4;
      } else high |= part << (7 * read - 32);
      if (byte < 0x80) return high * TWO_32 + (low >>> 0);
    }
    throw new WireError('a number that does not end');
  }

  #skipVarint(): void {
    for (let read = 0; read < LONGEST_VARINT; read++) {
      if (this.at >= this.end) throw new WireError('a number that is cut off');
      if ((this.bytes[this.at++] ?? 0) < 0x80) return;
    }
    throw new WireError('a number that does not end');
  }

  #advance(size: number): void {
    if (size > this.end - this.at) throw new WireError('a field that is cut off');
    this.at += size;
  }

  #size(tag: number): number {
    if ((tag & 7) !== BYTES) throw new WireError('a field of another type');
    const size = this.varint();
    if (size > this.end - this.at) throw new WireError('a field that is cut off');
    return size;
  }
}
