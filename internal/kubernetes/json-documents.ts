/**
 * JSON documents one behind the other, however they are laid out: one a line, as a recording has them, or spread over
 * many lines, as kubectl prints them. Cuts by the depth of braces, in linear time, a chunk at a time.
 *
 * Throws RECORDING_INVALID for what is no JSON, is larger than `limitBytes`, or ends within a document. What came
 * before has been handed on.
 */
import { StringDecoder } from 'node:string_decoder';
import { CodedError } from '../platform/errors.ts';

export interface JsonDocuments {
  push(chunk: Buffer): void;
  end(): void;
}

/** Calls `onDocument` with each parsed document and the line it began in, counted from 1. */
export function jsonDocuments(
  limitBytes: number,
  onDocument: (document: unknown, line: number) => void,
): JsonDocuments {
  const cutter = new Cutter(limitBytes, onDocument);
  const decoder = new StringDecoder('utf8');
  return {
    push: (chunk) => cutter.push(decoder.write(chunk)),
    end: () => {
      cutter.push(decoder.end());
      cutter.end();
    },
  };
}

class Cutter {
  readonly #limit: number;
  readonly #onDocument: (document: unknown, line: number) => void;
  #parts: string[] = [];
  #size = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #line = 1;
  #beganAt = 1;

  constructor(limit: number, onDocument: (document: unknown, line: number) => void) {
    this.#limit = limit;
    this.#onDocument = onDocument;
  }

  push(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const isEnd = this.#step(text.charCodeAt(at));
      if (this.#depth === 0 && !isEnd) from = at + 1;
      if (!isEnd) continue;
      this.#keep(text.slice(from, at + 1));
      this.#finish();
      from = at + 1;
    }
    if (this.#depth > 0) this.#keep(text.slice(from));
  }

  end(): void {
    if (this.#depth > 0) throw this.#invalid('ends within a document');
  }

  /** True at the last character of a document. */
  #step(code: number): boolean {
    if (code === LINE_END) this.#line++;
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.#isInString = false;
      return false;
    }
    return this.#stepOutside(code);
  }

  #stepOutside(code: number): boolean {
    if (code === OPEN) {
      if (this.#depth++ === 0) this.#beganAt = this.#line;
    } else if (this.#depth === 0) {
      if (!isSpace(code)) throw this.#invalid('holds something that is no JSON object');
    } else if (code === QUOTE) {
      this.#isInString = true;
    } else if (code === CLOSE) {
      return --this.#depth === 0;
    }
    return false;
  }

  #keep(text: string): void {
    this.#size += text.length;
    if (this.#size > this.#limit) throw this.#invalid(`holds a document of more than ${this.#limit} bytes`);
    this.#parts.push(text);
  }

  #finish(): void {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#size = 0;
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      // The parser's own message quotes what it read, which may be anybody's secret.
      throw this.#invalid('holds something that is no JSON');
    }
    this.#onDocument(document, this.#beganAt);
  }

  #invalid(what: string): CodedError {
    return new CodedError('RECORDING_INVALID', `line ${this.#depth > 0 ? this.#beganAt : this.#line} ${what}`);
  }
}

const LINE_END = 10;
const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;

/** A byte order mark counts as space. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xfeff;
}
