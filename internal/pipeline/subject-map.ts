/**
 * A bounded memory by subject (one pod, whatever its object's uid), with its share of the outbox's state: it knows
 * which entries changed since they were last stored. Entries of pods that are gone are kept for a while, as a mirror
 * pod comes back and a late relist may still show what is gone, and forgotten then. Beyond the limit the longest
 * untouched are forgotten, and counted: a few at a time, as looking for the oldest entry of a Map whose oldest ones were
 * deleted takes time in proportion to these (63 µs at 50,000, measured).
 */
import type { StateWrite } from './outbox.ts';

export interface SubjectMapOptions<V> {
  /** Space of the outbox's state. */
  readonly space: string;
  readonly limit: number;
  readonly goneKeptMs: number;
  /** Undefined where there is nothing worth storing. */
  readonly encode: (value: V) => string | undefined;
  /** Undefined for what can't be read. */
  readonly decode: (text: string) => V | undefined;
}

/** Share of the entries that make room at once. */
const EVICTED_AT_ONCE = 1 / 64;

export class SubjectMap<V> {
  readonly #options: SubjectMapOptions<V>;
  readonly #entries = new Map<string, V>();
  readonly #dirty = new Set<string>();
  /** By subject, when it is to be forgotten; in that order. */
  readonly #gone = new Map<string, number>();
  #evicted = 0;

  constructor(options: SubjectMapOptions<V>) {
    this.#options = options;
  }

  get space(): string {
    return this.#options.space;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Entries given up for lack of room since the start. */
  get evicted(): number {
    return this.#evicted;
  }

  get hasChanges(): boolean {
    return this.#dirty.size > 0;
  }

  get(subject: string): V | undefined {
    return this.#entries.get(subject);
  }

  subjects(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Keeps `value`, undefined to forget. The value that is there already changes nothing. */
  set(subject: string, value: V | undefined): void {
    const known = this.#entries.get(subject);
    if (value === known) return;
    this.#entries.delete(subject);
    this.#dirty.add(subject);
    if (value !== undefined) this.#entries.set(subject, value);
    this.#evictOldest();
  }

  /** The pod shows: whatever was known of its end no longer counts. */
  here(subject: string): void {
    if (this.#gone.size > 0) this.#gone.delete(subject);
  }

  /** The pod is gone; its entry will be forgotten once `nowMs` has passed by as long as such entries are kept. */
  gone(subject: string, nowMs: number): void {
    if (!this.#entries.has(subject)) return;
    this.#gone.delete(subject);
    this.#gone.set(subject, nowMs + this.#options.goneKeptMs);
  }

  /** Forgets what has been gone for long enough. */
  sweep(nowMs: number): void {
    for (const [subject, dueMs] of this.#gone) {
      if (dueMs > nowMs) return;
      this.#gone.delete(subject);
      this.set(subject, undefined);
    }
  }

  /** What changed since the last call, but for subjects that are to wait, `most` of it at most. `untake` what wasn't stored. */
  takeWrites(mustWait: (subject: string) => boolean, most = Infinity): StateWrite[] {
    const writes: StateWrite[] = [];
    for (const subject of this.#dirty) {
      if (writes.length >= most) break;
      if (mustWait(subject)) continue;
      this.#dirty.delete(subject);
      const value = this.#entries.get(subject);
      const { space, encode } = this.#options;
      writes.push({ space, key: subject, value: value === undefined ? undefined : encode(value) });
    }
    return writes;
  }

  /** The writes were not stored: their subjects are to be written again. */
  untake(writes: readonly StateWrite[]): void {
    for (const { space, key } of writes) if (space === this.#options.space) this.#dirty.add(key);
  }

  /** Fills the map from what was stored. What can't be read is skipped; returns how much that was. */
  load(stored: ReadonlyMap<string, string>): { readonly loaded: number; readonly skipped: number } {
    let skipped = 0;
    for (const [subject, text] of stored) {
      const value = this.#options.decode(text);
      if (value === undefined) skipped++;
      else this.#entries.set(subject, value);
    }
    this.#evictOldest();
    return { loaded: stored.size - skipped, skipped };
  }

  #evictOldest(): void {
    const { limit } = this.#options;
    if (this.#entries.size <= limit) return;
    const kept = limit - Math.floor(limit * EVICTED_AT_ONCE);
    for (const subject of this.#entries.keys()) {
      if (this.#entries.size <= kept) return;
      this.#entries.delete(subject);
      this.#gone.delete(subject);
      this.#dirty.add(subject);
      this.#evicted++;
    }
  }
}
