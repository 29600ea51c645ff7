/**
 * Pods for load: `syntheticPod(17)` is always the same pod, as a Deployment's would be, in three sizes. Pure, so that a
 * hundred thousand of them need not be kept: their bytes are made when somebody asks.
 */
import { timestamp, type KubernetesObject, type OwnerReference } from './objects.ts';
import { statusOf, type ContainerRecord, type ContainerState, type PodCondition } from './pod-status.ts';
import { hash, managedSpec, nameSuffix, podMeta, podObject, podSpec, uidOf } from './pod-template.ts';
import type { ContainerTemplate, PodTemplate } from './pod-template.ts';

export type SyntheticSize = 'lean' | 'rich' | 'large';

export interface SyntheticOptions {
  /** About 6, 9 or 12 KB of JSON; 4, 6 or 7.7 KB of protobuf. */
  readonly size: SyntheticSize;
  /** Pods are dealt out to these in turn. */
  readonly namespaces: number;
  readonly podsPerNode: number;
}

/** What has become of a synthetic pod since it was made. */
export interface SyntheticState {
  /** Harmless changes so far. */
  readonly changes: number;
  /** Times its container has died. */
  readonly exits: number;
  /** True between a death and the next start. */
  readonly isDown: boolean;
  /** When the last change was, Ms since the epoch. */
  readonly changedAtMs: number;
}

export const untouched: SyntheticState = { changes: 0, exits: 0, isDown: false, changedAtMs: 0 };

/** All synthetic pods are as old as this. */
const CREATED_MS = Date.UTC(2026, 0, 5, 9, 30);
const PODS_PER_DEPLOYMENT = 5;

const created = timestamp(CREATED_MS);

export const syntheticNamespace = (index: number, options: SyntheticOptions): string =>
  `team-${String(index % options.namespaces).padStart(3, '0')}`;

export const syntheticNodeName = (index: number, options: SyntheticOptions): string =>
  `node-${String(Math.floor(index / options.podsPerNode)).padStart(4, '0')}`;

/** The pod, as it is in this state. */
export function syntheticPod(
  index: number,
  options: SyntheticOptions,
  state: SyntheticState = untouched,
): KubernetesObject {
  const template = templateOf(index, options);
  const meta = podMeta({ ...template, annotations: annotationsOf(template, state, options) }, created);
  const metadata = { ...meta, managedFields: [...(meta.managedFields ?? []), kubeletFields] };
  return podObject(metadata, podSpec(template, syntheticNodeName(index, options)), statusIn(template, index, state));
}

/** The container whose death a fleet plays, and its id at that time. */
export function syntheticContainer(
  index: number,
  options: SyntheticOptions,
  exits: number,
): { name: string; id: string } {
  const { uid, containers } = templateOf(index, options);
  const name = containers[0]?.name ?? '';
  return { name, id: containerId(uid, name, exits) };
}

/** A node that is Ready, as far as anyone looks. */
export function syntheticNode(name: string): KubernetesObject {
  const labels = { 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  const since = { lastHeartbeatTime: created, lastTransitionTime: created };
  const ready = {
    type: 'Ready',
    status: 'True',
    ...since,
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  };
  const capacity = { cpu: '32', memory: '131072000Ki', pods: '110' };
  return {
    metadata: { name, uid: uidOf('node', name), creationTimestamp: created, labels },
    spec: {},
    status: { capacity, allocatable: capacity, conditions: [ready], nodeInfo: { kubeletVersion: 'v1.36.3' } },
  };
}

function templateOf(index: number, options: SyntheticOptions): PodTemplate {
  const namespace = syntheticNamespace(index, options);
  const app = appOf(index, options);
  const revision = nameSuffix(10, namespace, app);
  const owner: OwnerReference = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: `${app}-${revision}`,
    uid: uidOf('replicaset', namespace, app),
    controller: true,
    blockOwnerDeletion: true,
  };
  const labels = { app, 'app.kubernetes.io/part-of': 'synthetic', 'pod-template-hash': revision, tier: 'backend' };
  return {
    namespace,
    name: `${owner.name}-${nameSuffix(5, namespace, index)}`,
    uid: uidOf('synthetic', index),
    owner,
    labels,
    ...containersOf(app, options.size),
    volumes: [{ name: 'data', emptyDir: {} }],
    restartPolicy: 'Always',
    graceSeconds: 30,
  };
}

const appOf = (index: number, options: SyntheticOptions): string =>
  `service-${String(Math.floor(index / (options.namespaces * PODS_PER_DEPLOYMENT))).padStart(4, '0')}`;

type Containers = Required<Pick<PodTemplate, 'containers' | 'managedSpec'>>;

/** What the pods of an app share; making it anew for each pod would be half of the cost. Never changed once made. */
const shared = new Map<string, Containers>();

function containersOf(app: string, size: SyntheticOptions['size']): Containers {
  const key = `${app} ${size}`;
  let made = shared.get(key);
  if (made === undefined) {
    const containers = [mainContainer(app, VARIABLES[size]), ...(size === 'lean' ? [] : [proxyContainer])];
    made = { containers, managedSpec: managedSpec(containers) };
    shared.set(key, made);
  }
  return made;
}

/** Environment variables of the main container: what makes pods large. */
const VARIABLES: Readonly<Record<SyntheticSize, number>> = { lean: 2, rich: 9, large: 22 };

function mainContainer(app: string, variables: number): ContainerTemplate {
  const env = Array.from({ length: variables }, (_nothing, at) => ({
    name: `SETTING_${String(at).padStart(2, '0')}`,
    value: `http://dependency-${at}.example.internal:8080/api`,
  }));
  return {
    name: 'main',
    image: `registry.example/teams/${app}:2026.1.${app.length}`,
    env,
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
    hasProbes: true,
  };
}

const proxyContainer: ContainerTemplate = {
  name: 'proxy',
  image: 'registry.example/platform/proxy:1.29.3',
  env: [{ name: 'PROXY_LEVEL', value: 'warning' }],
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '128Mi' } },
};

function annotationsOf(template: PodTemplate, state: SyntheticState, options: SyntheticOptions) {
  const all = {
    'example.com/checked': `${state.changes}`,
    'kubectl.kubernetes.io/restartedAt': created,
    'prometheus.io/port': '9090',
    'prometheus.io/scrape': 'true',
  };
  return options.size === 'lean' ? all : { ...all, 'example.com/config': hash(template.owner?.name ?? '') };
}

function statusIn(template: PodTemplate, index: number, state: SyntheticState): object {
  const changedAt = timestamp(state.changedAtMs === 0 ? CREATED_MS : state.changedAtMs);
  const isReady = !state.isDown;
  const condition = (type: string, mayFail: boolean): PodCondition => ({
    type,
    observedGeneration: 1,
    status: mayFail && !isReady ? 'False' : 'True',
    lastProbeTime: null,
    lastTransitionTime: mayFail && state.exits > 0 ? changedAt : created,
    ...(mayFail && !isReady ? { reason: 'ContainersNotReady', message: 'containers with unready status: [main]' } : {}),
  });
  return statusOf({
    template,
    phase: 'Running',
    reason: '',
    message: '',
    hasSandbox: true,
    generation: 1,
    hostIp: addressOf(192, index >> 8),
    podIp: addressOf(10, index),
    startTime: created,
    conditions: [
      condition('PodReadyToStartContainers', false),
      condition('Initialized', false),
      condition('Ready', true),
      condition('ContainersReady', true),
      condition('PodScheduled', false),
    ],
    containers: template.containers.map((one, at) =>
      containerIn(one, template.uid, at === 0 ? state : untouched, changedAt),
    ),
  });
}

function containerIn(
  template: ContainerTemplate,
  uid: string,
  state: SyntheticState,
  changedAt: string,
): ContainerRecord {
  const { exits, isDown } = state;
  const death = (attempt: number) => ({
    terminated: {
      exitCode: 1,
      reason: 'Error',
      startedAt: created,
      finishedAt: changedAt,
      containerID: containerId(uid, template.name, attempt),
    },
  });
  const running: ContainerState = { running: { startedAt: exits === 0 ? created : changedAt } };
  const lastDeath = isDown ? exits - 2 : exits - 1;
  return {
    template,
    kind: 'app',
    state: isDown ? death(exits - 1) : running,
    lastState: lastDeath < 0 ? {} : death(lastDeath),
    isReady: !isDown,
    restartCount: isDown ? exits - 1 : exits,
    containerId: containerId(uid, template.name, isDown ? exits - 1 : exits),
    imageId: `sha256:${hash(template.image)}`,
  };
}

const containerId = (uid: string, name: string, attempt: number): string => `containerd://${hash(uid, name, attempt)}`;

const addressOf = (network: number, index: number): string =>
  `${network}.${(index >> 16) & 0xff}.${(index >> 8) & 0xff}.${index & 0xff}`;

const everyField = {
  '.': {},
  'f:lastProbeTime': {},
  'f:lastTransitionTime': {},
  'f:observedGeneration': {},
  'f:status': {},
  'f:type': {},
};
const conditionTypes = ['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'Ready'];

/** managedFields of the kubelet's status: a sixth of a real pod's bytes. */
const kubeletFields = {
  manager: 'kubelet',
  operation: 'Update',
  apiVersion: 'v1',
  time: created,
  fieldsType: 'FieldsV1',
  fieldsV1: {
    'f:status': {
      'f:conditions': Object.fromEntries(conditionTypes.map((type) => [`k:{"type":"${type}"}`, everyField])),
      'f:containerStatuses': {},
      'f:hostIP': {},
      'f:hostIPs': {},
      'f:observedGeneration': {},
      'f:phase': {},
      'f:podIP': {},
      'f:podIPs': { '.': {}, 'k:{"ip":"10.0.0.1"}': { '.': {}, 'f:ip': {} } },
      'f:startTime': {},
    },
  },
  subresource: 'status',
};
