/**
 * Puts a pod's containers together: the spec says which there are and what they should be, the status what became of
 * them. Shared by the readers of JSON and protobuf, so that both give the same.
 */
import type { ContainerFacts, ContainerRole, ContainerState } from '../pipeline/pod-facts.ts';

/** A container of the spec. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly role: ContainerRole;
}

/** A container of the status, and which of its three lists it was in. */
export interface ContainerStatus {
  readonly name: string;
  readonly list: 'init' | 'app' | 'ephemeral';
  readonly image: string;
  readonly imageId: string;
  readonly containerId: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started: boolean;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
}

export const noState: ContainerState = { kind: 'none' };

const noStatus: Omit<ContainerStatus, 'name' | 'list' | 'image'> = {
  imageId: '',
  containerId: '',
  restartCount: 0,
  ready: false,
  started: false,
  state: noState,
  lastState: noState,
};

/**
 * The containers of the spec, each with its status, then those that only the status knows (its image stands in for the
 * spec's). `statuses` are in the order init, app, ephemeral, as `specs` are.
 */
export function joinContainers(
  specs: readonly ContainerSpec[],
  statuses: readonly ContainerStatus[],
): ContainerFacts[] {
  const joined: ContainerFacts[] = [];
  const isUsed: boolean[] = [];
  for (const { name, image, role } of specs) {
    const at = indexOfStatus(statuses, isUsed, name, role);
    if (at >= 0) isUsed[at] = true;
    joined.push(containerOf(name, role, image, statuses[at] ?? noStatus));
  }
  for (const [at, status] of statuses.entries()) {
    if (isUsed[at] !== true) joined.push(containerOf(status.name, status.list, status.image, status));
  }
  return joined;
}

function indexOfStatus(
  statuses: readonly ContainerStatus[],
  isUsed: readonly boolean[],
  name: string,
  role: ContainerRole,
): number {
  const list = role === 'sidecar' ? 'init' : role;
  for (let at = 0; at < statuses.length; at++) {
    const status = statuses[at];
    if (status !== undefined && isUsed[at] !== true && status.name === name && status.list === list) return at;
  }
  return -1;
}

function containerOf(
  name: string,
  role: ContainerRole,
  image: string,
  status: Omit<ContainerStatus, 'name' | 'list' | 'image'>,
): ContainerFacts {
  const { imageId, containerId, restartCount, ready, started, state, lastState } = status;
  return { name, role, image, imageId, containerId, restartCount, ready, started, state, lastState };
}
