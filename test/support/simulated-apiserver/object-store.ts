/**
 * ObjectStore: one versioned history over all resources, as etcd keeps it. Each write takes the next revision, and everyone
 * who listens hears of it in order, in the same turn. It enforces nothing but that: who may write what and how is decided
 * by write-rules.ts for requests, and by nobody for tests.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../internal/platform/clock.ts';
import { timestamp, type KubernetesObject } from './objects.ts';
import { ResourceHistory, type HistoryEvent } from './resource-history.ts';
import type { ResourceDefinition } from './resources.ts';
import { keyOf, StoredObject, type BodySource } from './stored-object.ts';

export interface StoreOptions {
  readonly clock: Clock;
  readonly resources: readonly ResourceDefinition[];
  /** Events kept of each resource before the oldest are forgotten. */
  readonly historyLimit: number;
}

export type CommitListener = (definition: ResourceDefinition, event: HistoryEvent) => void;

export class ObjectStore {
  readonly resources: readonly ResourceDefinition[];
  readonly #clock: Clock;
  readonly #histories: ReadonlyMap<ResourceDefinition, ResourceHistory>;
  readonly #listeners = new Set<CommitListener>();
  // A new etcd has a few writes behind it before anyone looks; and 0 and 1 have meanings of their own.
  #revision = 100;

  constructor(options: StoreOptions) {
    this.#clock = options.clock;
    this.resources = options.resources;
    this.#histories = new Map(options.resources.map((one) => [one, new ResourceHistory(options.historyLimit)]));
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  historyOf(definition: ResourceDefinition): ResourceHistory {
    const history = this.#histories.get(definition);
    if (history === undefined) throw new Error(`this server has no ${definition.resource}`);
    return history;
  }

  get(definition: ResourceDefinition, name: string, namespace = ''): StoredObject | undefined {
    return this.historyOf(definition).get(keyOf(definition.isNamespaced ? namespace : '', name));
  }

  /**
   * Creates the object, or replaces it under the uid it has. A uid or creationTimestamp in the body of a new object is
   * taken as given. A function as body is called when bytes are needed and must always say the same.
   */
  put(definition: ResourceDefinition, source: BodySource): StoredObject {
    const history = this.historyOf(definition);
    const { metadata } = typeof source === 'function' ? source() : source;
    const namespace = definition.isNamespaced ? (metadata.namespace ?? '') : '';
    const previous = history.get(keyOf(namespace, metadata.name ?? ''));
    const server = previous?.serverMeta ?? {
      uid: metadata.uid ?? randomUUID(),
      creationTimestamp: metadata.creationTimestamp ?? timestamp(this.#clock.now()),
    };
    const object = new StoredObject(definition, source, server, this.#revision + 1);
    this.#commit(definition, { type: previous === undefined ? 'ADDED' : 'MODIFIED', object, previous });
    return object;
  }

  /** Replaces an object by what `change` makes of it. Undefined where there is none. `change` must not alter its argument. */
  modify(
    definition: ResourceDefinition,
    name: string,
    namespace: string,
    change: (body: KubernetesObject) => KubernetesObject,
  ): StoredObject | undefined {
    const previous = this.get(definition, name, namespace);
    return previous === undefined ? undefined : this.put(definition, change(previous.body()));
  }

  /** Removes an object for good; what it was at the end. Undefined where there is none. */
  remove(definition: ResourceDefinition, name: string, namespace = ''): StoredObject | undefined {
    const previous = this.get(definition, name, namespace);
    if (previous === undefined) return undefined;
    const object = previous.atRevision(this.#revision + 1);
    this.#commit(definition, { type: 'DELETED', object, previous });
    return object;
  }

  /** Forgets all but the last `keepLast` writes: lists and watches from before are expired from now on. */
  compact(keepLast = 0): void {
    const revision = Math.max(0, this.#revision - keepLast);
    for (const history of this.#histories.values()) history.compactTo(revision);
  }

  /** Calls back for each write. Returns how to stop that. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #commit(definition: ResourceDefinition, event: Omit<HistoryEvent, 'revision'>): void {
    this.#revision += 1;
    const complete = { ...event, revision: this.#revision };
    this.historyOf(definition).append(complete);
    for (const listener of this.#listeners) listener(definition, complete);
  }
}
