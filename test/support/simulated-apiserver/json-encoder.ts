/**
 * JSON as kube-apiserver writes it: kind and apiVersion first, then metadata; items of a list without kind and
 * apiVersion, those of a metadata list with; one line per watch event.
 *
 * The bytes kept are those from `"metadata"` on, which are the same in a list, in an answer and in a watch.
 */
import { INITIAL_EVENTS_END, type Encoder, type ListMeta } from './encoder.ts';
import type { EventType } from './resource-history.ts';
import { apiVersionOf, type ResourceDefinition } from './resources.ts';
import type { StatusBody } from './status.ts';
import type { StoredObject } from './stored-object.ts';

type View = Encoder['view'];

const COMMA = Buffer.from(',');
const OPEN = Buffer.from('{');
const LIST_END = Buffer.from(']}\n');
const EVENT_END = Buffer.from('}\n');
const NEWLINE = Buffer.from('\n');

interface TypeMeta {
  readonly kind: string;
  readonly apiVersion: string;
}

function typeOf(definition: ResourceDefinition, view: View): TypeMeta {
  return view === 'metadata'
    ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
    : { kind: definition.kind, apiVersion: apiVersionOf(definition) };
}

/** `"kind":"Pod","apiVersion":"v1",` */
const typeText = (type: TypeMeta): string => `"kind":"${type.kind}","apiVersion":"${type.apiVersion}",`;

class JsonEncoder implements Encoder {
  readonly mediaType = 'application/json';
  readonly contentType = 'application/json';
  readonly watchContentType = 'application/json';
  readonly view: View;
  readonly #slot: number;
  readonly #prefixes = new Map<string, Buffer>();

  constructor(view: View, slot: number) {
    this.view = view;
    this.#slot = slot;
  }

  object(object: StoredObject): Buffer {
    const type = typeText(typeOf(object.definition, this.view));
    return Buffer.concat([Buffer.from(`{${type}`), this.#tail(object), NEWLINE]);
  }

  *list(definition: ResourceDefinition, meta: ListMeta, items: readonly StoredObject[]): Iterable<Buffer> {
    const type = typeOf(definition, this.view);
    const head = { kind: `${type.kind}List`, apiVersion: type.apiVersion, metadata: meta };
    yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
    const open = this.view === 'metadata' ? Buffer.from(`{${typeText(type)}`) : OPEN;
    for (const [index, item] of items.entries()) {
      if (index > 0) yield COMMA;
      yield open;
      yield this.#tail(item);
    }
    yield LIST_END;
  }

  event(type: EventType, object: StoredObject): readonly Buffer[] {
    return [this.#eventPrefix(type, object.definition), this.#tail(object), EVENT_END];
  }

  bookmark(definition: ResourceDefinition, revision: number, endsInitialEvents: boolean): Buffer {
    const annotations = endsInitialEvents ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
    const object = {
      ...typeOf(definition, this.view),
      metadata: { resourceVersion: String(revision), ...annotations },
      ...(this.view === 'metadata' ? {} : definition.bookmarkBody),
    };
    return frame({ type: 'BOOKMARK', object });
  }

  status(status: StatusBody): Buffer {
    return Buffer.from(`${JSON.stringify(status)}\n`);
  }

  error(status: StatusBody): Buffer {
    return frame({ type: 'ERROR', object: status });
  }

  #eventPrefix(type: EventType, definition: ResourceDefinition): Buffer {
    const id = `${type} ${definition.group}/${definition.resource}`;
    let prefix = this.#prefixes.get(id);
    if (prefix === undefined) {
      prefix = Buffer.from(`{"type":"${type}","object":{${typeText(typeOf(definition, this.view))}`);
      this.#prefixes.set(id, prefix);
    }
    return prefix;
  }

  /** From `"metadata"` to the closing brace. */
  #tail(object: StoredObject): Buffer {
    const known = object.encoded[this.#slot];
    if (known !== undefined) return known;
    const body = this.view === 'metadata' ? { metadata: object.meta } : object.body();
    const bytes = Buffer.from(JSON.stringify(body).slice(1));
    object.encoded[this.#slot] = bytes;
    return bytes;
  }
}

function frame(event: object): Buffer {
  return Buffer.from(`${JSON.stringify(event)}\n`);
}

/** Whole objects. */
export const jsonObjects = (slot: number): Encoder => new JsonEncoder('object', slot);

/** PartialObjectMetadata. */
export const jsonMetadata = (slot: number): Encoder => new JsonEncoder('metadata', slot);
