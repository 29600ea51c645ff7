/**
 * Protobuf for the simulated API server: `encoders: [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata]`.
 * Pods are encoded whole, nodes with what says how they are, everything else by its metadata alone. That the bytes are what Kubernetes would send is checked
 * against its own (test/unit/support/whole-pod-protobuf.test.ts).
 */
import { encodeStatus } from './protobuf-pod.ts';
import { encodeList, encodeMessage, envelope, watchFrame, type Schema } from './protobuf-writer.ts';
import { framePieces } from './simulated-protobuf-frame.ts';
import { INITIAL_EVENTS_END, type Encoder, type EncoderFactory, type ListMeta } from './simulated-apiserver/encoder.ts';
import type { EventType } from './simulated-apiserver/resource-history.ts';
import { apiVersionOf, type ResourceDefinition } from './simulated-apiserver/resources.ts';
import type { StatusBody } from './simulated-apiserver/status.ts';
import type { StoredObject } from './simulated-apiserver/stored-object.ts';
import { encodeWholeMetadata, encodeWholePod } from './whole-pod-protobuf.ts';

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What follows a node's metadata; k8s.io/api/core/v1/generated.proto. */
const nodeSchema: Schema = {
  spec: [2, { unschedulable: [4, 'bool'] }],
  status: [
    3,
    {
      conditions: [
        4,
        {
          type: [1, 'string'],
          status: [2, 'string'],
          lastHeartbeatTime: [3, 'time'],
          lastTransitionTime: [4, 'time'],
          reason: [5, 'string'],
          message: [6, 'string'],
        },
      ],
    },
  ],
};

class ProtobufEncoder implements Encoder {
  readonly mediaType = 'application/vnd.kubernetes.protobuf';
  readonly contentType = 'application/vnd.kubernetes.protobuf';
  readonly watchContentType = 'application/vnd.kubernetes.protobuf;stream=watch';
  readonly view: Encoder['view'];
  readonly #slot: number;

  constructor(view: Encoder['view'], slot: number) {
    this.view = view;
    this.#slot = slot;
  }

  object(object: StoredObject): Buffer {
    const { apiVersion, kind } = this.#type(object.definition);
    return envelope(apiVersion, kind, this.#message(object));
  }

  *list(definition: ResourceDefinition, meta: ListMeta, items: readonly StoredObject[]): Iterable<Buffer> {
    const { apiVersion, kind } = this.#type(definition);
    yield encodeList(
      { apiVersion, kind: `${kind}List` },
      meta,
      items.map((item) => this.#message(item)),
    );
  }

  event(type: EventType, object: StoredObject): readonly Buffer[] {
    const { apiVersion, kind } = this.#type(object.definition);
    return framePieces(type, apiVersion, kind, this.#message(object));
  }

  bookmark(definition: ResourceDefinition, revision: number, endsInitialEvents: boolean): Buffer {
    const annotations = endsInitialEvents ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {};
    const message = encodeWholeMetadata({ metadata: { resourceVersion: String(revision), ...annotations } });
    const { apiVersion, kind } = this.#type(definition);
    return watchFrame('BOOKMARK', envelope(apiVersion, kind, message));
  }

  status(status: StatusBody): Buffer {
    return envelope('v1', 'Status', encodeStatus({ ...status }));
  }

  error(status: StatusBody): Buffer {
    return watchFrame('ERROR', this.status(status));
  }

  #type(definition: ResourceDefinition): TypeMeta {
    return this.view === 'metadata'
      ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      : { kind: definition.kind, apiVersion: apiVersionOf(definition) };
  }

  /** The object's own bytes, encoded once. */
  #message(object: StoredObject): Buffer {
    const known = object.encoded[this.#slot];
    if (known !== undefined) return known;
    const bytes = this.#encode(object, this.view === 'object' ? object.definition.resource : '');
    object.encoded[this.#slot] = bytes;
    return bytes;
  }

  #encode(object: StoredObject, resource: string): Buffer {
    if (resource === 'pods') return encodeWholePod(object.body());
    const metadata = encodeWholeMetadata({ metadata: object.meta });
    return resource === 'nodes' ? Buffer.concat([metadata, encodeMessage(nodeSchema, object.body())]) : metadata;
  }
}

export const protobufObjects: EncoderFactory = (slot) => new ProtobufEncoder('object', slot);
export const protobufMetadata: EncoderFactory = (slot) => new ProtobufEncoder('metadata', slot);
