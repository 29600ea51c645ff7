/**
 * The failures that chaos runs inject: one a pod, each with a serial number that shows in its words. From the serial
 * follow the pod's status, as a kubelet would write it, and, worked out here from the facts and by nobody who was
 * watched, the id and the words under which the plane must have it.
 */
import { eventId } from '../../internal/pipeline/identity.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';

/** A failure as the API server accepted it. */
export interface InjectedFailure {
  readonly serial: number;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  /** Wall clock, Ms since the epoch. */
  readonly acceptedAtMs: number;
  /** Of the pod; `NODE` where it does not say. */
  readonly node?: string;
}

/** What the plane must hold of a failure. */
export interface ExpectedEvent {
  readonly eventId: string;
  /** Fields that must be there, word for word. */
  readonly fields: Partial<WireEvent>;
}

/** In turn by serial: an exit, an OOM kill, a wrong configuration, an eviction, an image that can't be pulled. */
export const failureKinds = ['exit', 'oom', 'config', 'evicted', 'pull'] as const;
export type FailureKind = (typeof failureKinds)[number];

export const CONTAINER = 'main';
export const IMAGE = 'registry.example/chaos/worker:2026.1';
export const NODE = 'node-1';

export function kindOf(serial: number): FailureKind {
  return failureKinds[serial % failureKinds.length] ?? 'exit';
}

/** The pod's name for a serial. */
export function podNameOf(serial: number): string {
  return `chaos-${String(serial).padStart(7, '0')}`;
}

/** Labels of the pod of a serial. */
export function labelsOf(serial: number): Record<string, string> {
  return { app: 'chaos', serial: String(serial) };
}

const containerIdOf = (serial: number): string => `containerd://${serial.toString(16).padStart(64, '0')}`;

/** The pod's status once it has failed. Pure. */
export function statusOf(serial: number, nowMs: number): Record<string, unknown> {
  const kind = kindOf(serial);
  const at = secondsText(nowMs);
  if (kind === 'evicted') {
    return { phase: 'Failed', reason: 'Evicted', message: wordsOf(serial), startTime: at, ...notReady(at) };
  }
  const hasRun = kind === 'exit' || kind === 'oom';
  const container = {
    name: CONTAINER,
    state: stateOf(kind, serial, at),
    lastState: {},
    ready: false,
    restartCount: 0,
    image: IMAGE,
    imageID: '',
    started: false,
    ...(hasRun ? { containerID: containerIdOf(serial) } : {}),
  };
  const phase = hasRun ? 'Running' : 'Pending';
  return { phase, startTime: at, ...notReady(at), containerStatuses: [container] };
}

/** A status before anything went wrong. */
export function healthyStatus(nowMs: number): Record<string, unknown> {
  const at = secondsText(nowMs);
  return { phase: 'Pending', startTime: at, conditions: [condition('PodScheduled', 'True', at)] };
}

function stateOf(kind: Exclude<FailureKind, 'evicted'>, serial: number, at: string): object {
  switch (kind) {
    case 'exit':
    case 'oom':
      return {
        terminated: {
          exitCode: exitCodeOf(kind),
          reason: kind === 'oom' ? 'OOMKilled' : 'Error',
          message: wordsOf(serial),
          startedAt: at,
          finishedAt: at,
          containerID: containerIdOf(serial),
        },
      };
    case 'config':
      return { waiting: { reason: 'CreateContainerConfigError', message: wordsOf(serial) } };
    case 'pull':
      return { waiting: { reason: 'ErrImagePull', message: wordsOf(serial) } };
  }
}

/** What the plane must hold of a failure of this cluster. Pure. */
export function expectedOf(failure: InjectedFailure, clusterId: string): ExpectedEvent {
  const { serial, namespace, pod, uid, node = NODE } = failure;
  const kind = kindOf(serial);
  const container = kind === 'evicted' ? undefined : { role: 'app' as const, name: CONTAINER };
  const id = eventId({ clusterId, subject: `uid:${uid}`, container, occurrence: occurrenceOf(kind, serial) });
  const hasExit = kind === 'exit' || kind === 'oom';
  const fields: Partial<WireEvent> = {
    event_id: id,
    type: 'failure',
    namespace,
    name: pod,
    pod_uid: uid,
    phase: kind === 'evicted' ? 'Failed' : hasExit ? 'Running' : 'Pending',
    reason: reasonOf(kind),
    message: messageOf(kind, serial),
    restart_count: 0,
    container_name: container?.name ?? '',
    labels: labelsOf(serial),
    node_name: node,
    restarts_unseen: 0,
    ...(container === undefined ? {} : { image: IMAGE, container_role: 'app' as const }),
    ...(hasExit ? { exit_code: exitCodeOf(kind) } : {}),
  };
  return { eventId: id, fields };
}

function occurrenceOf(kind: FailureKind, serial: number): string {
  switch (kind) {
    case 'exit':
    case 'oom':
      return `exit:${containerIdOf(serial)}`;
    case 'config':
      return 'start:CreateContainerConfigError:none';
    case 'evicted':
      return 'pod-terminal';
    case 'pull':
      return `pull:${IMAGE.length}:${IMAGE}:none`;
  }
}

function reasonOf(kind: FailureKind): string {
  const reasons = {
    exit: 'Error',
    oom: 'OOMKilled',
    config: 'CreateContainerConfigError',
    evicted: 'Evicted',
    pull: 'ErrImagePull',
  };
  return reasons[kind];
}

function messageOf(kind: FailureKind, serial: number): string {
  const words = wordsOf(serial);
  if (kind === 'exit') return `exit code ${exitCodeOf(kind)} (Error): ${words}`;
  if (kind === 'oom') return `exit code ${exitCodeOf(kind)} (OOMKilled): ${words}`;
  return words;
}

const exitCodeOf = (kind: 'exit' | 'oom'): number => (kind === 'oom' ? 137 : 3);

const wordsOf = (serial: number): string => `failure number ${serial}`;

function notReady(at: string): object {
  return { conditions: [condition('PodScheduled', 'True', at), condition('Ready', 'False', at)] };
}

function condition(type: string, status: string, at: string): object {
  return { type, status, lastProbeTime: null, lastTransitionTime: at };
}

/** As metav1.Time prints it. */
function secondsText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
