/**
 * All that is known of one resource: what there is now, and what happened since the last compaction. Answers what a list
 * at a revision showed, and what a watch from a revision has to tell. Events are addressed by an index that never
 * changes, so that a watch is no more than a place in the log: a slow one needs no queue of its own.
 */
import type { StoredObject } from './stored-object.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface HistoryEvent {
  readonly type: EventType;
  readonly revision: number;
  /** For DELETED: the last state under the revision of its deletion. */
  readonly object: StoredObject;
  /** The state before; undefined for ADDED. */
  readonly previous: StoredObject | undefined;
}

/** Snapshots at hand for lists that go on page by page. */
const SNAPSHOTS_KEPT = 8;

export class ResourceHistory {
  readonly #current = new Map<string, StoredObject>();
  readonly #snapshots = new Map<number, readonly StoredObject[]>();
  readonly #limit: number;
  #log: HistoryEvent[] = [];
  #firstIndex = 0;
  #lastRevision = 0;
  #compactedRevision = 0;

  /** `limit`: how many events are kept at least before old ones are forgotten. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#current.size;
  }

  /** Revisions below this are expired. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  /** Index the next event will have. */
  get endIndex(): number {
    return this.#firstIndex + this.#log.length;
  }

  get(key: string): StoredObject | undefined {
    return this.#current.get(key);
  }

  values(): Iterable<StoredObject> {
    return this.#current.values();
  }

  append(event: HistoryEvent): void {
    this.#log.push(event);
    this.#lastRevision = event.revision;
    if (event.type === 'DELETED') this.#current.delete(event.object.key);
    else this.#current.set(event.object.key, event.object);
    // Forgotten a quarter at a time, so that forgetting costs nothing per event.
    if (this.#log.length > this.#limit * 1.25) this.#forget(this.#log.length - this.#limit);
  }

  /** Everything as it was at `revision`, in order of keys; undefined where that is forgotten. */
  snapshot(revision: number): readonly StoredObject[] | undefined {
    if (revision < this.#compactedRevision) return undefined;
    const count = this.#countUpTo(revision);
    const id = count === 0 ? this.#compactedRevision : (this.#log[count - 1]?.revision ?? 0);
    const known = this.#snapshots.get(id);
    if (known !== undefined) return known;
    const made = this.#rebuild(count);
    this.#snapshots.set(id, made);
    for (const old of this.#snapshots.keys()) {
      if (this.#snapshots.size <= SNAPSHOTS_KEPT) break;
      this.#snapshots.delete(old);
    }
    return made;
  }

  /** Index of the first event after `revision`; undefined where events after it are forgotten. */
  indexAfter(revision: number): number | undefined {
    return revision < this.#compactedRevision ? undefined : this.#firstIndex + this.#countUpTo(revision);
  }

  /** The event at an index; `forgotten` where compaction was faster; undefined where it hasn't happened yet. */
  at(index: number): HistoryEvent | 'forgotten' | undefined {
    return index < this.#firstIndex ? 'forgotten' : this.#log[index - this.#firstIndex];
  }

  /** Forgets what happened up to and including `revision`; what was read then stays readable. */
  compactTo(revision: number): void {
    this.#forget(this.#countUpTo(revision));
    this.#compactedRevision = Math.max(this.#compactedRevision, revision);
    // Pages of a list begun before are expired even where their snapshot happens to be at hand.
    for (const id of this.#snapshots.keys()) if (id < revision) this.#snapshots.delete(id);
  }

  #forget(count: number): void {
    const last = this.#log[count - 1];
    if (last === undefined) return;
    this.#log = this.#log.slice(count);
    this.#firstIndex += count;
    this.#compactedRevision = Math.max(this.#compactedRevision, last.revision);
  }

  /** How many events of the log are not newer than `revision`. */
  #countUpTo(revision: number): number {
    if (revision >= this.#lastRevision) return this.#log.length;
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#log[middle]?.revision ?? Infinity) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The state after the first `count` events of the log: what is now, with the later ones undone. */
  #rebuild(count: number): readonly StoredObject[] {
    const state = new Map(this.#current);
    for (let index = this.#log.length - 1; index >= count; index--) {
      const event = this.#log[index]!;
      if (event.previous === undefined) state.delete(event.object.key);
      else state.set(event.object.key, event.previous);
    }
    return [...state.values()].sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  }
}
