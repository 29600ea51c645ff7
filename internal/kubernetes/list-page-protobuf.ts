/**
 * One page of a list as protobuf, read object by object as the bytes arrive: never more of it in memory than one object
 * and one chunk. The envelope (k8s\0, runtime.Unknown) holds a list {metadata, items} of known length.
 */
import { CodedError } from '../platform/errors.ts';
import { listMeta, type ListMeta, type PageReader } from './list-page.ts';
import { listFields, listMetaFields, unknownFields } from './pod-fields.ts';
import { isEnvelope, MAGIC_BYTES, withCodes } from './protobuf-envelope.ts';
import { fieldOf, ProtobufReader, WireError } from './protobuf-reader.ts';
import type { Keyed, ProtobufReader as ObjectReader } from './resource.ts';

/** The longest tag and length in front of a field: 5 and 10 bytes. */
const HEADER_BYTES = 15;
const META_BYTES = 64 * 1024;

/** Throws API_ANSWER_INVALID, WATCH_FRAME_TOO_LARGE and WATCH_OBJECT_INVALID. */
export function protobufPageReader<T extends Keyed>(
  objects: Pick<ObjectReader<T>, 'read'>,
  onItem: (item: T) => void,
  limitBytes: number,
): PageReader {
  return new ProtobufPage(objects, onItem, limitBytes);
}

class ProtobufPage<T extends Keyed> implements PageReader {
  readonly #objects: Pick<ObjectReader<T>, 'read'>;
  readonly #onItem: (item: T) => void;
  readonly #limitBytes: number;
  readonly #reader = new ProtobufReader();
  #chunks: Buffer[] = [];
  #waiting = 0;
  /** So many bytes have to have arrived before it is worth looking again. */
  #needed = MAGIC_BYTES;
  #isOpen = false;
  /** Bytes of the list still to come; undefined outside of it. */
  #listLeft: number | undefined;
  #hasList = false;
  /** Bytes of a field that is passed over. */
  #toSkip = 0;
  #resourceVersion = '';
  #continueToken = '';
  #items = 0;

  constructor(objects: Pick<ObjectReader<T>, 'read'>, onItem: (item: T) => void, limitBytes: number) {
    this.#objects = objects;
    this.#onItem = onItem;
    this.#limitBytes = limitBytes;
  }

  get frames(): number {
    return this.#items;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
    if (this.#waiting < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#waiting);
    const used = this.#consume(bytes);
    this.#chunks = used === bytes.length ? [] : [bytes.subarray(used)];
    this.#waiting = bytes.length - used;
  }

  end(): ListMeta {
    // What is left is too short for the longest header, but may be a whole field: the answer is over now.
    const rest = Buffer.concat(this.#chunks, this.#waiting);
    const used = this.#isOpen ? this.#consume(rest) : 0;
    const isWhole = this.#hasList && this.#listLeft === undefined && this.#toSkip === 0 && used === rest.length;
    if (!isWhole) throw invalid('a list that is cut off');
    return listMeta(this.#resourceVersion, this.#continueToken);
  }

  /** Reads as many whole fields as there are; returns how many bytes that took. */
  #consume(bytes: Buffer): number {
    let at = 0;
    this.#needed = 1;
    if (!this.#isOpen) {
      if (!isEnvelope(bytes, 0, bytes.length)) throw invalid('a list without an envelope');
      this.#isOpen = true;
      at = MAGIC_BYTES;
    }
    for (;;) {
      at += this.#skipSome(bytes.length - at);
      const next = at < bytes.length ? this.#field(bytes, at) : at;
      if (next === at) return at;
      at = next;
    }
  }

  #skipSome(available: number): number {
    const size = Math.min(this.#toSkip, available);
    this.#toSkip -= size;
    this.#spend(size);
    return size;
  }

  #spend(size: number): void {
    if (this.#listLeft === undefined) return;
    this.#listLeft -= size;
    if (this.#listLeft < 0) throw invalid('a list longer than it says');
    if (this.#listLeft === 0) this.#listLeft = undefined;
  }

  /** Reads the field at `at`; returns where it ends, or `at` if it isn't whole yet. */
  #field(bytes: Buffer, at: number): number {
    const reader = this.#reader;
    const header = this.#header(bytes, at);
    if (header === undefined) return at;
    const { tag, start, size } = header;
    const isInList = this.#listLeft !== undefined;
    if (!isInList && fieldOf(tag) === unknownFields.raw) {
      this.#enterList(size);
      return start;
    }
    if (!isInList && fieldOf(tag) === unknownFields.contentEncoding && size > 0) throw invalid('an encoded list');
    const isRead = isInList && (fieldOf(tag) === listFields.items || fieldOf(tag) === listFields.metadata);
    if (!isRead) {
      this.#spend(start - at);
      this.#toSkip = size;
      return start;
    }
    this.#bound(tag, start - at, size);
    if (start + size > bytes.length) {
      this.#needed = start - at + size;
      return at;
    }
    if (fieldOf(tag) === listFields.items) this.#item(bytes, start, start + size);
    else withListCodes(() => this.#meta(reader, bytes, start, start + size));
    this.#spend(start + size - at);
    return start + size;
  }

  /** Tag and length of the field at `at`; undefined if there may be more of them to come. */
  #header(bytes: Buffer, at: number): { tag: number; start: number; size: number } | undefined {
    const reader = this.#reader;
    const available = Math.min(bytes.length - at, HEADER_BYTES);
    reader.reset(bytes, at, at + available);
    try {
      const tag = reader.next();
      const wire = tag & 7;
      if (wire === 2) return { tag, size: reader.varint(), start: reader.at };
      reader.skip(tag);
      return { tag, size: 0, start: reader.at };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (available === HEADER_BYTES) throw invalid(`a list with ${error.message}`);
      this.#needed = bytes.length - at + 1;
      return undefined;
    }
  }

  #enterList(size: number): void {
    if (this.#hasList) throw invalid('an envelope with two lists');
    this.#hasList = true;
    this.#listLeft = size === 0 ? undefined : size;
  }

  #bound(tag: number, headerSize: number, size: number): void {
    if (headerSize + size > (this.#listLeft ?? 0)) throw invalid('a list shorter than what is in it');
    const limit = fieldOf(tag) === listFields.items ? this.#limitBytes : META_BYTES;
    if (size <= limit) return;
    throw new CodedError('WATCH_FRAME_TOO_LARGE', `an object of ${size} bytes in a list, the limit is ${limit}`);
  }

  #item(bytes: Buffer, start: number, end: number): void {
    const item = this.#objects.read(bytes, start, end, false);
    if (item instanceof CodedError) throw item;
    this.#items++;
    this.#onItem(item);
  }

  #meta(reader: ProtobufReader, bytes: Buffer, start: number, end: number): void {
    reader.reset(bytes, start, end);
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      const field = fieldOf(tag);
      if (field === listMetaFields.resourceVersion) this.#resourceVersion = reader.text(tag, 128);
      else if (field === listMetaFields.continue) this.#continueToken = reader.text(tag, META_BYTES);
      else reader.skip(tag);
    }
  }
}

function withListCodes<R>(read: () => R): R {
  return withCodes('the metadata of a list', 'WATCH_FRAME_INVALID', read);
}

function invalid(detail: string): CodedError {
  return new CodedError('API_ANSWER_INVALID', detail);
}
