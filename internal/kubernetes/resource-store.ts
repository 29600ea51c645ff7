/**
 * ResourceStore: the plain store, for small things such as namespaces. Keeps every object whole, by uid, and tells what
 * was added, modified and deleted. An unchanged resourceVersion is no change. (Pods have their own: pod-store.ts.)
 */
import type { Sink, SinkCause } from './reflector-types.ts';
import type { Keyed } from './resource.ts';

export interface ResourceChange<T extends Keyed> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly cause: SinkCause;
  /** For `deleted`: the last state known. */
  readonly item: T;
  readonly before?: T;
}

export class ResourceStore<T extends Keyed> implements Sink<T> {
  readonly #items = new Map<string, { item: T; generation: number }>();
  readonly #onChange: (change: ResourceChange<T>) => void;
  readonly #onSynced: ((cause: 'initial' | 'relist') => void) | undefined;
  #generation = 0;

  constructor(onChange: (change: ResourceChange<T>) => void, onSynced?: (cause: 'initial' | 'relist') => void) {
    this.#onChange = onChange;
    this.#onSynced = onSynced;
  }

  get size(): number {
    return this.#items.size;
  }

  get(uid: string): T | undefined {
    return this.#items.get(uid)?.item;
  }

  *values(): Generator<T> {
    for (const { item } of this.#items.values()) yield item;
  }

  listing(): void {
    this.#generation++;
  }

  upsert(item: T, cause: SinkCause): void {
    const known = this.#items.get(item.uid);
    this.#items.set(item.uid, { item, generation: this.#generation });
    if (known === undefined) this.#onChange({ type: 'added', cause, item });
    else if (known.item.resourceVersion !== item.resourceVersion) {
      this.#onChange({ type: 'modified', cause, item, before: known.item });
    }
  }

  remove(item: T, cause: SinkCause): void {
    const known = this.#items.get(item.uid);
    this.#items.delete(item.uid);
    this.#onChange({ type: 'deleted', cause, item, ...(known === undefined ? {} : { before: known.item }) });
  }

  synced(_resourceVersion: string, cause: 'initial' | 'relist'): void {
    const errors: unknown[] = [];
    for (const [uid, { item, generation }] of this.#items) {
      if (generation === this.#generation) continue;
      this.#items.delete(uid);
      try {
        this.#onChange({ type: 'deleted', cause, item, before: item });
      } catch (error) {
        errors.push(error);
      }
    }
    this.#onSynced?.(cause);
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} objects gone were not taken`);
  }
}
