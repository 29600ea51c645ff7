/**
 * The tables by which protobuf-writer.ts encodes pods and metadata: all that is read, and of the rest what makes up the
 * bulk of a real pod. Numbers of k8s.io/api core/v1 and apimachinery meta/v1 generated.proto at v0.36.3.
 */
import { encodeMessage, type Schema } from './protobuf-writer.ts';

const managedFields: Schema = {
  manager: [1, 'string'],
  operation: [2, 'string'],
  apiVersion: [3, 'string'],
  time: [4, 'time'],
  fieldsType: [6, 'string'],
  fieldsV1: [7, { raw: [1, 'bytes'] }],
};

const objectMeta: Schema = {
  name: [1, 'string'],
  generateName: [2, 'string'],
  namespace: [3, 'string'],
  uid: [5, 'string'],
  resourceVersion: [6, 'string'],
  generation: [7, 'int'],
  creationTimestamp: [8, 'time'],
  deletionTimestamp: [9, 'time'],
  deletionGracePeriodSeconds: [10, 'int'],
  labels: [11, 'map'],
  annotations: [12, 'map'],
  ownerReferences: [
    13,
    {
      kind: [1, 'string'],
      name: [3, 'string'],
      uid: [4, 'string'],
      apiVersion: [5, 'string'],
      controller: [6, 'bool'],
      blockOwnerDeletion: [7, 'bool'],
    },
  ],
  finalizers: [14, 'string'],
  managedFields: [17, managedFields],
};

const container: Schema = {
  name: [1, 'string'],
  image: [2, 'string'],
  command: [3, 'string'],
  args: [4, 'string'],
  env: [7, { name: [1, 'string'], value: [2, 'string'] }],
  volumeMounts: [9, { name: [1, 'string'], readOnly: [2, 'bool'], mountPath: [3, 'string'] }],
  imagePullPolicy: [14, 'string'],
  restartPolicy: [24, 'string'],
};

const podSpec: Schema = {
  volumes: [1, { name: [1, 'string'] }],
  containers: [2, container],
  restartPolicy: [3, 'string'],
  terminationGracePeriodSeconds: [4, 'int'],
  dnsPolicy: [6, 'string'],
  serviceAccountName: [8, 'string'],
  nodeName: [10, 'string'],
  schedulerName: [19, 'string'],
  initContainers: [20, container],
  tolerations: [
    22,
    { key: [1, 'string'], operator: [2, 'string'], effect: [4, 'string'], tolerationSeconds: [5, 'int'] },
  ],
  priority: [25, 'int'],
  ephemeralContainers: [34, { common: [1, container] }],
};

const terminated: Schema = {
  exitCode: [1, 'int'],
  signal: [2, 'int'],
  reason: [3, 'string'],
  message: [4, 'string'],
  startedAt: [5, 'time'],
  finishedAt: [6, 'time'],
  containerID: [7, 'string'],
};
const state: Schema = {
  waiting: [1, { reason: [1, 'string'], message: [2, 'string'] }],
  running: [2, { startedAt: [1, 'time'] }],
  terminated: [3, terminated],
};
const containerStatus: Schema = {
  name: [1, 'string'],
  state: [2, state],
  lastState: [3, state],
  ready: [4, 'bool'],
  restartCount: [5, 'int'],
  image: [6, 'string'],
  imageID: [7, 'string'],
  containerID: [8, 'string'],
  started: [9, 'bool'],
};
const podStatus: Schema = {
  phase: [1, 'string'],
  conditions: [
    2,
    {
      type: [1, 'string'],
      status: [2, 'string'],
      lastProbeTime: [3, 'time'],
      lastTransitionTime: [4, 'time'],
      reason: [5, 'string'],
      message: [6, 'string'],
    },
  ],
  message: [3, 'string'],
  reason: [4, 'string'],
  hostIP: [5, 'string'],
  podIP: [6, 'string'],
  startTime: [7, 'time'],
  containerStatuses: [8, containerStatus],
  qosClass: [9, 'string'],
  initContainerStatuses: [10, containerStatus],
  podIPs: [12, { ip: [1, 'string'] }],
  ephemeralContainerStatuses: [13, containerStatus],
};

const pod: Schema = { metadata: [1, objectMeta], spec: [2, podSpec], status: [3, podStatus] };

/** A pod's message, without an envelope. */
export function encodePod(object: Readonly<Record<string, unknown>>): Buffer {
  const spec = object['spec'] as Record<string, unknown> | undefined;
  const ephemeral = spec?.['ephemeralContainers'] as unknown[] | undefined;
  // EphemeralContainer inlines its common part in JSON and nests it in protobuf.
  const nested =
    ephemeral === undefined ? spec : { ...spec, ephemeralContainers: ephemeral.map((common) => ({ common })) };
  return encodeMessage(pod, nested === undefined ? object : { ...object, spec: nested });
}

/** The message of any object's metadata: PartialObjectMetadata, or an object whose other fields don't matter. */
export function encodeMetadata(object: Readonly<Record<string, unknown>>): Buffer {
  return encodeMessage({ metadata: [1, objectMeta] }, object);
}

/** meta/v1 Status. */
export function encodeStatus(status: Readonly<Record<string, unknown>>): Buffer {
  const details: Schema = { name: [1, 'string'], kind: [3, 'string'], retryAfterSeconds: [5, 'int'] };
  const schema: Schema = {
    status: [2, 'string'],
    message: [3, 'string'],
    reason: [4, 'string'],
    details: [5, details],
    code: [6, 'int'],
  };
  return encodeMessage(schema, status);
}
