/**
 * Reflector: keeps a sink equal to one list of the API server, for ever, whatever happens in between: lists (in pages, or
 * as a stream), watches from there, and begins anew after any fault with the least that is needed. What to do next is
 * decided in reflector-state.ts; this file only does it.
 *
 * Promises: the sink converges to the server's state; nothing is removed on the word of an unfinished list; no fault is
 * silent; never more than one request at a time. Does not promise to show every state between two looks.
 */
import type { ReflectorState } from './reflector-state.ts';
import type { ReflectorOptions } from './reflector-types.ts';
import type { Keyed } from './resource.ts';

export class Reflector<T extends Keyed> {
  readonly #options: ReflectorOptions<T>;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** Begins to list. Returns at once; call it once. */
  start(): void {
    throw new Error(`not yet: ${this.#options.resource.kind}`);
  }

  /** Ends what is running. Resolves when no further call of the sink can come. Twice is harmless. */
  stop(): Promise<void> {
    return Promise.reject(new Error('not yet'));
  }

  /** Lists anew as soon as it may (a back-off that runs is waited for). `reason` goes to the log. */
  resync(reason: string): void {
    throw new Error(`not yet: ${reason}`);
  }

  get state(): ReflectorState {
    return { kind: 'Empty' };
  }

  /** Ms on the clock's monotonic scale when the server last gave a sign of life; undefined before the first. */
  get lastActivityMs(): number | undefined {
    return undefined;
  }

  /** True once the first list was whole; false when stopped before that. Never rejects. */
  get synced(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
