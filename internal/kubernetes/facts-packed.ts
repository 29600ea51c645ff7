/**
 * PodFacts as one short string, for keeping: a pod that has restarted once is healthy and common, and as objects its
 * facts take some 1.9 KB. Positions instead of names, since the names would be most of it. What the store knows anyway
 * (uid, namespace, name, resourceVersion) is left out. Reading it back gives the same facts, field by field.
 */
import type {
  ContainerFacts,
  ContainerRole,
  ContainerState,
  OwnerFacts,
  PodCondition,
  PodFacts,
} from '../pipeline/pod-facts.ts';

/** What the store keeps beside. */
export type PodIdentity = Pick<PodFacts, 'uid' | 'namespace' | 'name' | 'resourceVersion'>;

type Packed = readonly [
  node: string,
  createdAtMs: number,
  deletionAtMs: number,
  deletionGraceSeconds: number,
  labels: readonly string[],
  mirrorHash: string,
  silence: string,
  owner: readonly [apiVersion: string, kind: string, name: string, uid: string] | 0,
  restartPolicy: PodFacts['restartPolicy'],
  phase: string,
  reason: string,
  message: string,
  conditions: readonly PackedCondition[],
  containers: readonly PackedContainer[],
  isJobTracked: 0 | 1,
];
type PackedCondition = readonly [type: string, status: string, reason: string, message: string, atMs: number];
type PackedContainer = readonly [
  name: string,
  role: number,
  image: string,
  imageId: string,
  containerId: string,
  restartCount: number,
  ready: 0 | 1,
  started: 0 | 1,
  state: PackedState,
  lastState: PackedState,
];
type PackedState =
  | 0
  | readonly [startedAtMs: number]
  | readonly [reason: string, message: string]
  | readonly [
      reason: string,
      message: string,
      exitCode: number,
      signal: number,
      startedAtMs: number,
      finishedAtMs: number,
      containerId: string,
    ];

const roles: readonly ContainerRole[] = ['init', 'sidecar', 'app', 'ephemeral'];

export function packFacts(pod: PodFacts): string {
  const { owner } = pod;
  const packed: Packed = [
    pod.nodeName,
    pod.createdAtMs,
    pod.deletionAtMs,
    pod.deletionGraceSeconds,
    [...pod.labels].flat(),
    pod.mirrorHash,
    pod.silence,
    owner === undefined ? 0 : [owner.apiVersion, owner.kind, owner.name, owner.uid],
    pod.restartPolicy,
    pod.phase,
    pod.reason,
    pod.message,
    pod.conditions.map(packCondition),
    pod.containers.map(packContainer),
    pod.isJobTracked === true ? 1 : 0,
  ];
  return JSON.stringify(packed);
}

/** What packFacts packed, of the pod with this identity. */
export function unpackFacts(text: string, { uid, namespace, name, resourceVersion }: PodIdentity): PodFacts {
  const packed = JSON.parse(text) as Packed;
  const [nodeName, createdAtMs, deletionAtMs, deletionGraceSeconds, labels, mirrorHash, silence, owner] = packed;
  const [, , , , , , , , restartPolicy, phase, reason, message, conditions, containers, isJobTracked] = packed;
  return {
    ...{ uid, namespace, name, resourceVersion },
    ...{ nodeName, createdAtMs, deletionAtMs, deletionGraceSeconds },
    labels: unpackLabels(labels),
    ...{ mirrorHash, silence, owner: owner === 0 ? undefined : unpackOwner(owner), restartPolicy },
    ...{ phase, reason, message },
    conditions: conditions.map(unpackCondition),
    containers: containers.map(unpackContainer),
    ...(isJobTracked === 1 ? { isJobTracked: true } : {}),
  };
}

function packCondition({ type, status, reason, message, lastTransitionAtMs }: PodCondition): PackedCondition {
  return [type, status, reason, message, lastTransitionAtMs];
}

function unpackCondition([type, status, reason, message, lastTransitionAtMs]: PackedCondition): PodCondition {
  return { type, status, reason, message, lastTransitionAtMs };
}

function packContainer(container: ContainerFacts): PackedContainer {
  const { name, role, image, imageId, containerId, restartCount, ready, started, state, lastState } = container;
  const flags = [ready ? 1 : 0, started ? 1 : 0] as const;
  const states = [packState(state), packState(lastState)] as const;
  return [name, roles.indexOf(role), image, imageId, containerId, restartCount, ...flags, ...states];
}

function unpackContainer(packed: PackedContainer): ContainerFacts {
  const [name, role, image, imageId, containerId, restartCount, ready, started, state, lastState] = packed;
  return {
    ...{ name, role: roles[role] ?? 'app', image, imageId, containerId, restartCount },
    ...{ ready: ready === 1, started: started === 1, state: unpackState(state), lastState: unpackState(lastState) },
  };
}

function packState(state: ContainerState): PackedState {
  switch (state.kind) {
    case 'none':
      return 0;
    case 'running':
      return [state.startedAtMs];
    case 'waiting':
      return [state.reason, state.message];
    case 'terminated': {
      const { reason, message, exitCode, signal, startedAtMs, finishedAtMs, containerId } = state;
      return [reason, message, exitCode, signal, startedAtMs, finishedAtMs, containerId];
    }
  }
}

function unpackState(state: PackedState): ContainerState {
  if (state === 0) return { kind: 'none' };
  if (state.length === 1) return { kind: 'running', startedAtMs: state[0] };
  if (state.length === 2) return { kind: 'waiting', reason: state[0], message: state[1] };
  const [reason, message, exitCode, signal, startedAtMs, finishedAtMs, containerId] = state;
  return { kind: 'terminated', reason, message, exitCode, signal, startedAtMs, finishedAtMs, containerId };
}

function unpackLabels(flat: readonly string[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) labels.set(flat[at] ?? '', flat[at + 1] ?? '');
  return labels;
}

function unpackOwner([apiVersion, kind, name, uid]: Exclude<Packed[7], 0>): OwnerFacts {
  return { apiVersion, kind, name, uid };
}
