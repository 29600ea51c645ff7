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

const listOf: Record<ContainerRole, ContainerStatus['list']> = {
  init: 'init',
  sidecar: 'init',
  app: 'app',
  ephemeral: 'ephemeral',
};

/**
 * The containers of the spec, each with its status, then those that only the status knows (its image stands in for the
 * spec's). `statuses` are in the order init, app, ephemeral, as `specs` are.
 */
export function joinContainers(
  specs: readonly ContainerSpec[],
  statuses: readonly ContainerStatus[],
): ContainerFacts[] {
  const left = [...statuses];
  const joined = specs.map(({ name, image, role }) => {
    const at = left.findIndex((status) => status.name === name && status.list === listOf[role]);
    const status = at < 0 ? undefined : left.splice(at, 1)[0];
    return containerOf(name, role, image, status ?? noStatus);
  });
  for (const status of left) joined.push(containerOf(status.name, status.list, status.image, status));
  return joined;
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
