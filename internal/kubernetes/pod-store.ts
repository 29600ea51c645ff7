/**
 * PodStore: what is known of the pods of one reflector, by uid, and the changes that follow from what the reflector
 * tells it. Built for 100,000 pods: of a pod there is nothing to say about it keeps a record of some 200 bytes (uid,
 * name, resourceVersion, a digest of its images, its namespace shared with the others); facts are kept, packed
 * (facts-packed.ts), only where something is to be said, or may be: a pod that restarted once takes 1 KB.
 *
 * Promises: a pod of an unchanged resourceVersion is no change, however often it is listed; a re-created pod is another
 * pod; nothing outlives its pod. A `deleted` found by a relist carries the last known facts; for a quiet pod these are
 * its identity alone (no containers, no labels). Pods that were quiet and are quiet are counted, not told.
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import { packFacts, unpackFacts } from './facts-packed.ts';
import { hasSameImage } from './images-digest.ts';
import type { KnownPod, KnownPods, PodReading } from './pod-reading.ts';
import type { Sink, SinkCause } from './reflector-types.ts';

export interface PodStoreObserver {
  /** A pod came, changed or went, quiet or not. */
  seen(type: PodChange['type'], cause: SinkCause): void;
}

export interface PodStoreOptions {
  /** May throw: the store stays as it should be, and the reflector counts and logs it. */
  readonly onChange: (change: PodChange) => void;
  readonly observer?: PodStoreObserver;
  /** A list is whole: everything up to here has been told. */
  readonly onSynced?: (cause: 'initial' | 'relist') => void;
}

/** The pods of a namespace share its name, and its entry goes with the last of them. */
interface NamespaceEntry {
  readonly name: string;
  pods: number;
  readonly loud: Map<string, PodRecord>;
}

class PodRecord implements KnownPod {
  readonly namespace: NamespaceEntry;
  readonly name: string;
  resourceVersion: string;
  images: string;
  generation: number;
  readonly #uid: string;
  /** facts-packed.ts */
  #packed: string | undefined;

  constructor(namespace: NamespaceEntry, reading: PodReading, generation: number) {
    this.#uid = reading.uid;
    this.namespace = namespace;
    this.name = reading.name;
    this.resourceVersion = reading.resourceVersion;
    this.images = reading.images;
    this.generation = generation;
    this.#packed = undefined;
  }

  get hasFacts(): boolean {
    return this.#packed !== undefined;
  }

  get facts(): PodFacts | undefined {
    if (this.#packed === undefined) return undefined;
    const { namespace, name, resourceVersion } = this;
    return unpackFacts(this.#packed, { uid: this.#uid, namespace: namespace.name, name, resourceVersion });
  }

  keep(facts: PodFacts | undefined): void {
    this.#packed = facts === undefined ? undefined : packFacts(facts);
  }
}

export class PodStore implements Sink<PodReading>, KnownPods {
  readonly #options: PodStoreOptions;
  readonly #pods = new Map<string, PodRecord>();
  readonly #namespaces = new Map<string, NamespaceEntry>();
  #generation = 0;
  #loud = 0;

  constructor(options: PodStoreOptions) {
    this.#options = options;
  }

  /** Pods known. */
  get size(): number {
    return this.#pods.size;
  }

  /** Pods there is something to say about, whose facts are kept. */
  get loud(): number {
    return this.#loud;
  }

  get namespaces(): number {
    return this.#namespaces.size;
  }

  /** What is known of a pod. To be looked at, not kept: it changes. */
  get(uid: string): KnownPod | undefined {
    return this.#pods.get(uid);
  }

  /** uid, name and resourceVersion of every pod known, for comparing with an independent list. */
  *identities(): Generator<{ uid: string; namespace: string; name: string; resourceVersion: string }> {
    for (const [uid, { namespace, name, resourceVersion }] of this.#pods) {
      yield { uid, namespace: namespace.name, name, resourceVersion };
    }
  }

  /** The facts of the pods of a namespace that there is something to say about: what to tell when its scope begins. */
  podsOf(namespace: string): readonly PodFacts[] {
    return [...factsOf(this.#namespaces.get(namespace)?.loud.values() ?? [])];
  }

  /** The same of all namespaces. */
  *loudPods(): Generator<PodFacts> {
    for (const { loud } of this.#namespaces.values()) yield* factsOf(loud.values());
  }

  listing(): void {
    this.#generation++;
  }

  upsert(reading: PodReading, cause: SinkCause): void {
    const known = this.#pods.get(reading.uid);
    if (known === undefined) {
      this.#add(reading, cause);
      return;
    }
    known.generation = this.#generation;
    if (known.resourceVersion !== reading.resourceVersion) this.#modify(known, reading, cause);
  }

  remove(reading: PodReading, cause: SinkCause): void {
    const known = this.#pods.get(reading.uid);
    const before = known?.facts;
    if (known !== undefined) this.#forget(reading.uid, known);
    this.#options.observer?.seen('deleted', cause);
    this.#tell('deleted', cause, reading.facts ?? identityOf(reading), before);
  }

  /** Removes what the list did not mention. One change that is not taken does not keep the next from being told. */
  synced(_resourceVersion: string, cause: 'initial' | 'relist'): void {
    const errors: unknown[] = [];
    for (const [uid, record] of this.#pods) {
      if (record.generation === this.#generation) continue;
      try {
        this.#sweep(uid, record, cause);
      } catch (error) {
        errors.push(error);
      }
    }
    this.#options.onSynced?.(cause);
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} pods gone were not taken`);
  }

  #add(reading: PodReading, cause: SinkCause): void {
    const record = new PodRecord(this.#enter(reading.namespace), reading, this.#generation);
    this.#pods.set(reading.uid, record);
    this.#keep(reading.uid, record, reading);
    this.#options.observer?.seen('added', cause);
    if (!reading.isQuiet) this.#tell('added', cause, reading.facts ?? identityOf(reading), undefined);
  }

  #modify(known: PodRecord, reading: PodReading, cause: SinkCause): void {
    const before = known.facts ?? beforeEdit(known, reading);
    const isToldOf = known.hasFacts || before !== undefined || !reading.isQuiet;
    known.resourceVersion = reading.resourceVersion;
    known.images = reading.images;
    this.#keep(reading.uid, known, reading);
    this.#options.observer?.seen('modified', cause);
    if (isToldOf) this.#tell('modified', cause, reading.facts ?? identityOf(reading), before);
  }

  #sweep(uid: string, record: PodRecord, cause: SinkCause): void {
    this.#forget(uid, record);
    this.#options.observer?.seen('deleted', cause);
    const { namespace, name, resourceVersion, facts } = record;
    this.#tell('deleted', cause, facts ?? identityOf({ uid, namespace: namespace.name, name, resourceVersion }), facts);
  }

  /** Facts stay only of a pod there is something to say about. */
  #keep(uid: string, record: PodRecord, reading: PodReading): void {
    const facts = reading.isQuiet ? undefined : reading.facts;
    this.#loud += Number(facts !== undefined) - Number(record.hasFacts);
    record.keep(facts);
    if (facts === undefined) record.namespace.loud.delete(uid);
    else record.namespace.loud.set(uid, record);
  }

  #forget(uid: string, record: PodRecord): void {
    this.#pods.delete(uid);
    if (record.hasFacts) this.#loud--;
    record.namespace.loud.delete(uid);
    if (--record.namespace.pods === 0) this.#namespaces.delete(record.namespace.name);
  }

  #enter(name: string): NamespaceEntry {
    let entry = this.#namespaces.get(name);
    if (entry === undefined) {
      entry = { name, pods: 0, loud: new Map() };
      this.#namespaces.set(name, entry);
    }
    entry.pods++;
    return entry;
  }

  #tell(type: PodChange['type'], cause: SinkCause, pod: PodFacts, before: PodFacts | undefined): void {
    this.#options.onChange({ type, cause, pod, ...(before === undefined ? {} : { before }) });
  }
}

function* factsOf(records: Iterable<PodRecord>): Generator<PodFacts> {
  for (const { facts } of records) if (facts !== undefined) yield facts;
}

/**
 * Of a quiet pod no facts were kept; but where its images were edited, what matters of them is known: which container's
 * image was another one.
 */
function beforeEdit(known: PodRecord, reading: PodReading): PodFacts | undefined {
  if (known.images === reading.images || reading.facts === undefined) return undefined;
  let index = 0;
  const containers = reading.facts.containers.map((container) => {
    const isSame = container.role === 'ephemeral' || hasSameImage(known.images, reading.images, index++);
    return isSame ? container : { ...container, image: '' };
  });
  return { ...reading.facts, containers };
}

/** All that is known of a pod whose facts were not kept. */
function identityOf(pod: { uid: string; namespace: string; name: string; resourceVersion: string }): PodFacts {
  const { uid, namespace, name, resourceVersion } = pod;
  return {
    ...{
      uid,
      namespace,
      name,
      resourceVersion,
      nodeName: '',
      createdAtMs: 0,
      deletionAtMs: 0,
      deletionGraceSeconds: 0,
    },
    ...{ labels: new Map<string, string>(), mirrorHash: '', silence: '', owner: undefined, restartPolicy: '' },
    ...{ phase: '', reason: '', message: '', conditions: [], containers: [] },
  };
}
