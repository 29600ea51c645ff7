/** values.schema.json of the chart: what may be given, and what must. Helm refuses the rest before anything is installed. */
import { settingsSchema } from './chart-schema.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const truth: Schema = { type: 'boolean' };
const count = (minimum: number): Schema => ({ type: 'integer', minimum });
const oneOf = (...words: string[]): Schema => ({ enum: words });
const words: Schema = { type: 'object', additionalProperties: { type: 'string' } };
/** Of a Service as well, so it begins with a letter; cut to the length that fits. */
const name: Schema = { type: 'string', pattern: '^([a-z]([-a-z0-9]*[a-z0-9])?)?$' };
/** As Kubernetes has it, which the API server checks. */
const anyObject: Schema = { type: 'object' };
const listOfObjects: Schema = { type: 'array', items: anyObject };
const ports: Schema = { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65535 } };
const quantity: Schema = { type: 'string', pattern: '^[0-9.]+([EPTGMK]i?|[mk])?$' };
const only = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
});

const properties: Record<string, Schema> = {
  restateUrl: { type: 'string', description: "Ingress of the plane's Restate server.", pattern: '^(https?://.+)?$' },
  clusterId: { type: ['string', 'integer'], description: "This cluster's name at the plane." },
  mode: oneOf('deployment', 'daemonset', 'statefulset'),
  replicas: count(0),
  image: only({
    repository: { ...text, minLength: 1 },
    tag: text,
    digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
    pullSecrets: listOfObjects,
  }),
  nameOverride: name,
  fullnameOverride: name,
  serviceAccount: only({ create: truth, name: text, annotations: words }),
  rbac: only({ create: truth }),
  planeSecret: only({ name: text, tokenKey: text, caKey: text, certKey: text, keyKey: text }),
  data: only({
    emptyDirSize: quantity,
    volumeSize: quantity,
    storageClassName: text,
    accessModes: { type: 'array', items: text, minItems: 1 },
    whenDeleted: oneOf('Retain', 'Delete'),
    whenScaled: oneOf('Retain', 'Delete'),
  }),
  resources: anyObject,
  heapPercent: { type: 'integer', minimum: 10, maximum: 90 },
  terminationGracePeriodSeconds: { type: ['integer', 'null'], minimum: 1 },
  priorityClassName: text,
  tolerations: listOfObjects,
  nodeSelector: words,
  affinity: anyObject,
  topologySpreadConstraints: { type: ['array', 'null'], items: anyObject },
  podAnnotations: words,
  podLabels: words,
  extraEnv: listOfObjects,
  extraVolumes: listOfObjects,
  extraVolumeMounts: listOfObjects,
  podDisruptionBudget: only({ enabled: truth, maxUnavailable: { type: ['integer', 'string'] } }),
  networkPolicy: only({
    enabled: truth,
    metricsFrom: listOfObjects,
    apiServerTo: listOfObjects,
    apiServerPorts: { ...ports, minItems: 1 },
    planeTo: listOfObjects,
    planePorts: ports,
    collectorTo: listOfObjects,
    collectorPorts: ports,
    dnsTo: listOfObjects,
    dnsPorts: { ...ports, minItems: 1 },
    extraEgress: listOfObjects,
  }),
  podMonitor: only({ enabled: truth, interval: text, tlsConfig: anyObject, labels: words }),
  prometheusRule: only({ enabled: truth, labels: words, runbookBase: text }),
  dashboard: only({ enabled: truth, labels: words }),
  global: anyObject,
};

export function valuesSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the watcher chart',
    ...only({ ...properties, settings: settingsSchema() }),
    required: ['restateUrl', 'clusterId'],
  };
}
