/**
 * The field numbers of every protobuf field that is read, by message: the one table, checked against bytes that Go's own
 * k8s.io/api made (test/corpus/vectors). A field number, once released, is never used for anything else.
 * Sources, at v0.36.3: k8s.io/api core/v1/generated.proto (Pod and what is in it), k8s.io/apimachinery
 * pkg/apis/meta/v1/generated.proto (metadata, WatchEvent, Status, Time) and pkg/runtime/generated.proto (Unknown).
 */

/** runtime.Unknown, behind the four bytes `k8s\0` (runtime/serializer/protobuf). */
export const unknownFields = { typeMeta: 1, raw: 2, contentEncoding: 3 } as const;
export const typeMetaFields = { apiVersion: 1, kind: 2 } as const;

/** meta/v1 WatchEvent; its object is a runtime.RawExtension. */
export const watchEventFields = { type: 1, object: 2 } as const;
export const rawExtensionFields = { raw: 1 } as const;

/** Every list of Kubernetes: metadata and items; meta/v1 ListMeta. */
export const listFields = { metadata: 1, items: 2 } as const;
export const listMetaFields = { resourceVersion: 2, continue: 3 } as const;

/** meta/v1 Status and StatusDetails. */
export const statusFields = { message: 3, reason: 4, details: 5, code: 6 } as const;
export const statusDetailsFields = { retryAfterSeconds: 5 } as const;

/** meta/v1 ObjectMeta; every object has it as field 1, PartialObjectMetadata has nothing else. */
export const objectFields = { metadata: 1 } as const;
export const objectMetaFields = {
  name: 1,
  namespace: 3,
  uid: 5,
  resourceVersion: 6,
  creationTimestamp: 8,
  deletionTimestamp: 9,
  deletionGracePeriodSeconds: 10,
  labels: 11,
  annotations: 12,
  ownerReferences: 13,
  finalizers: 14,
} as const;
export const mapEntryFields = { key: 1, value: 2 } as const;
export const ownerReferenceFields = { kind: 1, name: 3, uid: 4, apiVersion: 5, controller: 6 } as const;
export const timeFields = { seconds: 1 } as const;

/** core/v1. */
export const podFields = { metadata: 1, spec: 2, status: 3 } as const;
export const podSpecFields = {
  containers: 2,
  restartPolicy: 3,
  nodeName: 10,
  initContainers: 20,
  ephemeralContainers: 34,
} as const;
/** Container, and EphemeralContainerCommon, which is field 1 of EphemeralContainer. */
export const containerFields = { name: 1, image: 2, restartPolicy: 24 } as const;
export const ephemeralContainerFields = { common: 1 } as const;

export const podStatusFields = {
  phase: 1,
  conditions: 2,
  message: 3,
  reason: 4,
  containerStatuses: 8,
  initContainerStatuses: 10,
  ephemeralContainerStatuses: 13,
} as const;
export const podConditionFields = { type: 1, status: 2, lastTransitionTime: 4, reason: 5, message: 6 } as const;
export const containerStatusFields = {
  name: 1,
  state: 2,
  lastState: 3,
  ready: 4,
  restartCount: 5,
  image: 6,
  imageId: 7,
  containerId: 8,
  started: 9,
} as const;
export const containerStateFields = { waiting: 1, running: 2, terminated: 3 } as const;
export const waitingFields = { reason: 1, message: 2 } as const;
export const runningFields = { startedAt: 1 } as const;
export const terminatedFields = {
  exitCode: 1,
  signal: 2,
  reason: 3,
  message: 4,
  startedAt: 5,
  finishedAt: 6,
  containerId: 7,
} as const;

/** core/v1 Node, NodeStatus and NodeCondition. */
export const nodeFields = { metadata: 1, spec: 2, status: 3 } as const;
export const nodeSpecFields = { unschedulable: 4 } as const;
export const nodeStatusFields = { conditions: 4 } as const;
export const nodeConditionFields = { type: 1, status: 2, lastTransitionTime: 4, reason: 5, message: 6 } as const;
