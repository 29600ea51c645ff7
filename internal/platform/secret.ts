/**
 * A value that never prints: in JSON, a log line, a template, an error message or a debugger's listing it shows as
 * [redacted]. `reveal()` is the one way to it, and easy to search for. It can't keep a value out of a heap snapshot.
 */
import { inspect } from 'node:util';

export const REDACTED = '[redacted]';

export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, for the call that needs it. Don't keep it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
