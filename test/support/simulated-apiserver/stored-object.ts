/**
 * One version of one object: what selectors need, kept at hand, and its encoded bytes, made once per encoder when first
 * asked for. Immutable but for that cache.
 *
 * The body may be given as a function: then it isn't kept, and a hundred thousand synthetic pods cost their bytes only.
 * Such a function must give the same body each time.
 */
import { valueAt, withMeta, type KubernetesObject, type ObjectMeta } from './objects.ts';
import type { ResourceDefinition } from './resources.ts';

export type BodySource = KubernetesObject | (() => KubernetesObject);

/** What the server itself decides about an object. */
export interface ServerMeta {
  readonly uid: string;
  readonly creationTimestamp: string;
}

const noLabels: Readonly<Record<string, string>> = {};

export class StoredObject {
  readonly definition: ResourceDefinition;
  readonly name: string;
  /** '' for what belongs to no namespace. */
  readonly namespace: string;
  /** Place in the resource's order: `namespace/name`, or the name. */
  readonly key: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes by encoder slot; written by encoders alone. */
  readonly encoded: (Buffer | undefined)[] = [];
  readonly #source: BodySource;
  readonly #creationTimestamp: string;
  #fields: Readonly<Record<string, string>> | undefined;

  constructor(definition: ResourceDefinition, source: BodySource, server: ServerMeta, revision: number) {
    const body = typeof source === 'function' ? source() : source;
    this.definition = definition;
    this.name = body.metadata.name ?? '';
    this.namespace = definition.isNamespaced ? (body.metadata.namespace ?? '') : '';
    this.key = keyOf(this.namespace, this.name);
    this.uid = server.uid;
    this.revision = revision;
    this.labels = body.metadata.labels ?? noLabels;
    this.#source = source;
    this.#creationTimestamp = server.creationTimestamp;
    if (typeof source === 'function') this.#fields = readFields(definition, body);
  }

  /** The whole object without kind and apiVersion, with the server's metadata in place. Don't change it. */
  body(): KubernetesObject {
    const body = typeof this.#source === 'function' ? this.#source() : this.#source;
    const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = body;
    return { metadata: this.#stamped(metadata), ...rest };
  }

  get meta(): ObjectMeta {
    const body = typeof this.#source === 'function' ? this.#source() : this.#source;
    return this.#stamped(body.metadata);
  }

  /** The value of a selectable field; undefined where this resource has no such field. */
  field(label: string): string | undefined {
    if (label === 'metadata.name') return this.name;
    if (label === 'metadata.namespace') return this.namespace;
    if (!Object.hasOwn(this.definition.fields, label)) return undefined;
    this.#fields ??= readFields(this.definition, this.body());
    return this.#fields[label];
  }

  /** The same state under another revision, as the end of an object is told. */
  atRevision(revision: number): StoredObject {
    return new StoredObject(this.definition, this.#source, this.serverMeta, revision);
  }

  get serverMeta(): ServerMeta {
    return { uid: this.uid, creationTimestamp: this.#creationTimestamp };
  }

  #stamped(meta: ObjectMeta): ObjectMeta {
    return withMeta(meta, {
      namespace: this.namespace === '' ? undefined : this.namespace,
      uid: this.uid,
      resourceVersion: String(this.revision),
      creationTimestamp: this.#creationTimestamp,
    });
  }
}

/** `namespace/name`, or the name alone where there is no namespace. */
export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

function readFields(definition: ResourceDefinition, body: KubernetesObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(definition.fields).map(([label, read]) => [label, read(body)]));
}

/** True where deletion has been asked for. */
export function isTerminating(object: StoredObject): boolean {
  return valueAt(object.meta, 'deletionTimestamp') !== undefined;
}
