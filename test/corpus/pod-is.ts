/** What a step may wait for a pod to be. Pure. */
import type { ContainerStatus, PodObject } from '../support/e2e-pod-watch.ts';

export interface PodIs {
  readonly what: string;
  readonly holds: (pod: PodObject) => boolean;
}

/** One of its containers waits for this reason. */
export function waiting(reason: string): PodIs {
  return { what: `waits: ${reason}`, holds: anyContainer(({ state }) => state.waiting?.reason === reason) };
}

/** A container has ended for this reason, and may have been started again. */
export function ended(reason: string): PodIs {
  const holds = anyContainer(({ state, lastState }) =>
    [state.terminated, lastState.terminated].some((exit) => exit?.reason === reason),
  );
  return { what: `ended: ${reason}`, holds };
}

/** A container has been started again so often. */
export function restarted(times: number): PodIs {
  return { what: `restarted ${times} times`, holds: anyContainer(({ restartCount }) => restartCount >= times) };
}

export const isRunning: PodIs = {
  what: 'runs',
  holds: anyContainer(({ state }) => state.running !== undefined),
};

export const isReady: PodIs = condition('Ready', 'True');

export const isLeaving: PodIs = {
  what: 'is being deleted',
  holds: ({ metadata }) => metadata.deletionTimestamp !== undefined,
};

export function phase(name: string): PodIs {
  return { what: `is ${name}`, holds: ({ status }) => status.phase === name };
}

export function condition(type: string, value: string): PodIs {
  const holds = ({ status }: PodObject): boolean =>
    status.conditions?.some((one) => one.type === type && one.status === value) ?? false;
  return { what: `${type} is ${value}`, holds };
}

/** It has no condition of that type, or one that is not True. */
export function lacks(type: string): PodIs {
  return { what: `${type} is not True`, holds: (pod) => !condition(type, 'True').holds(pod) };
}

function anyContainer(holds: (status: ContainerStatus) => boolean): PodIs['holds'] {
  return ({ status }) =>
    [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses]
      .flatMap((list) => list ?? [])
      .some(holds);
}
