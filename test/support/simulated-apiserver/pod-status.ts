/**
 * status of a pod as the kubelet writes it. Pure: from what the containers are doing to the JSON, as recorded from kubelet
 * 1.36 with containerd 2.2.
 */
import { timestamp } from './objects.ts';
import { mountsOf, type ContainerTemplate, type PodTemplate } from './pod-template.ts';

export interface TerminatedState {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerID: string;
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: TerminatedState };

/** What the kubelet knows of one container. */
export interface ContainerRecord {
  readonly template: ContainerTemplate;
  readonly kind: 'init' | 'sidecar' | 'app';
  readonly state: ContainerState;
  readonly lastState: { readonly terminated?: TerminatedState };
  readonly isReady: boolean;
  readonly restartCount: number;
  /** '' until the first one was made. */
  readonly containerId: string;
  readonly imageId: string;
}

export interface PodCondition {
  readonly type: string;
  readonly observedGeneration?: number;
  readonly status: 'True' | 'False';
  readonly lastProbeTime: null;
  readonly lastTransitionTime: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface PodRecord {
  readonly template: PodTemplate;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly hasSandbox: boolean;
  readonly generation: number;
  readonly hostIp: string;
  readonly podIp: string;
  readonly startTime: string;
  readonly conditions: readonly PodCondition[];
  readonly containers: readonly ContainerRecord[];
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const hasEnded = (one: ContainerRecord): boolean => 'terminated' in one.state;
const isRunning = (one: ContainerRecord): boolean => 'running' in one.state;

/** The conditions as of now: those whose status is unchanged keep their time. */
export function conditionsOf(
  pod: Omit<PodRecord, 'conditions'>,
  before: readonly PodCondition[],
  nowMs: number,
): PodCondition[] {
  const ready = readiness(pod);
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: pod.hasSandbox ? 'True' : 'False' }],
    ['Initialized', initialized(pod)],
    ['Ready', ready],
    ['ContainersReady', ready],
    ['PodScheduled', { status: 'True' }],
  ];
  return verdicts.map(([type, verdict]) => {
    const known = before.find((condition) => condition.type === type);
    return {
      type,
      observedGeneration: pod.generation,
      status: verdict.status,
      lastProbeTime: null,
      lastTransitionTime: known?.status === verdict.status ? known.lastTransitionTime : timestamp(nowMs),
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(verdict.message === undefined ? {} : { message: verdict.message }),
    };
  });
}

function initialized(pod: Omit<PodRecord, 'conditions'>): Verdict {
  const undone = pod.containers.filter((one) => {
    if (one.kind === 'app') return false;
    return one.kind === 'sidecar' ? one.containerId === '' : !hasEnded(one) || exitCodeOf(one) !== 0;
  });
  if (undone.length > 0) {
    const message = `containers with incomplete status: [${undone.map((one) => one.template.name).join(' ')}]`;
    return { status: 'False', reason: 'ContainersNotInitialized', message };
  }
  return pod.phase === 'Succeeded' ? { status: 'True', reason: 'PodCompleted' } : { status: 'True' };
}

function readiness(pod: Omit<PodRecord, 'conditions'>): Verdict {
  const apps = pod.containers.filter((one) => one.kind === 'app');
  const isOver = pod.phase === 'Failed' || (pod.template.restartPolicy === 'Never' && apps.every(hasEnded));
  if (pod.phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (isOver)
    return { status: 'False', reason: apps.every((one) => exitCodeOf(one) === 0) ? 'PodCompleted' : 'PodFailed' };
  const unready = pod.containers.filter((one) => one.kind !== 'init' && !one.isReady);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.map((one) => one.template.name).join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function exitCodeOf(one: ContainerRecord): number | undefined {
  return 'terminated' in one.state ? one.state.terminated.exitCode : undefined;
}

/** The JSON, fields in the order in which the API server prints them. */
export function statusOf(pod: PodRecord): object {
  const of = (...kinds: readonly ContainerRecord['kind'][]): object[] =>
    pod.containers.filter((one) => kinds.includes(one.kind)).map((one) => containerStatus(one, pod.template));
  const inits = of('init', 'sidecar');
  return {
    observedGeneration: pod.generation,
    phase: pod.phase,
    conditions: pod.conditions,
    ...(pod.message === '' ? {} : { message: pod.message }),
    ...(pod.reason === '' ? {} : { reason: pod.reason }),
    hostIP: pod.hostIp,
    hostIPs: [{ ip: pod.hostIp }],
    ...(pod.podIp === '' ? {} : { podIP: pod.podIp, podIPs: [{ ip: pod.podIp }] }),
    startTime: pod.startTime,
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    containerStatuses: of('app'),
    qosClass: qosOf(pod.template),
  };
}

function containerStatus(one: ContainerRecord, template: PodTemplate): object {
  const { resources } = one.template;
  return {
    name: one.template.name,
    state: one.state,
    lastState: one.lastState,
    ready: one.isReady,
    restartCount: one.restartCount,
    image: one.template.image,
    imageID: one.imageId,
    ...(one.containerId === '' ? {} : { containerID: one.containerId }),
    started: isRunning(one),
    ...(resources?.requests === undefined ? {} : { allocatedResources: resources.requests }),
    ...(one.containerId === '' ? {} : { resources: resources ?? {} }),
    volumeMounts: mountsOf(template),
    ...(one.containerId === '' ? {} : { user: { linux: { uid: 0, gid: 0, supplementalGroups: [0] } } }),
  };
}

/** BestEffort without any request or limit. (Guaranteed is not played here.) */
export function qosOf(template: PodTemplate): string {
  const containers = [...template.containers, ...(template.initContainers ?? [])];
  return containers.some((one) => one.resources !== undefined) ? 'Burstable' : 'BestEffort';
}
