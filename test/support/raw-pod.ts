/**
 * Pods as the API server sends them in JSON, with just what a test says. `rawPod()` is a healthy one: running, ready,
 * never restarted.
 */

export type Raw = Record<string, unknown>;

export interface RawPodParts {
  readonly metadata?: Raw;
  readonly spec?: Raw;
  readonly status?: Raw;
}

export const running: Raw = { running: { startedAt: '2026-01-01T00:00:05Z' } };

export function terminated(exitCode: number, reason: string, containerID = 'containerd://old'): Raw {
  const times = { startedAt: '2026-01-01T00:00:05Z', finishedAt: '2026-01-01T00:01:00Z' };
  return { terminated: { exitCode, reason, containerID, ...times } };
}

export function waiting(reason: string, message = ''): Raw {
  return { waiting: { reason, message } };
}

/** A container's status: running, ready, never restarted, but for `parts`. */
export function rawStatus(parts: Raw = {}): Raw {
  return {
    name: 'app',
    state: running,
    lastState: {},
    ready: true,
    started: true,
    restartCount: 0,
    image: 'docker.io/library/app:1',
    imageID: 'docker.io/library/app@sha256:1234',
    containerID: 'containerd://abcd',
    ...parts,
  };
}

export const readyConditions: readonly Raw[] = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(
  (type) => ({
    type,
    status: 'True',
    lastTransitionTime: '2026-01-01T00:00:06Z',
  }),
);

export function rawPod({ metadata, spec, status }: RawPodParts = {}): Raw {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid: '11111111-2222-3333-4444-555555555555',
      resourceVersion: '100',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { app: 'web' },
      ...metadata,
    },
    spec: { nodeName: 'node-1', restartPolicy: 'Always', containers: [{ name: 'app', image: 'app:1' }], ...spec },
    status: { phase: 'Running', conditions: readyConditions, containerStatuses: [rawStatus()], ...status },
  };
}
