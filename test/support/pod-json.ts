/**
 * PodFacts as the JSON the API server would send for such a pod: the other direction of the reader, for tests that need
 * both. Fields Kubernetes leaves out when empty are left out.
 */
import type { ContainerFacts, ContainerState, PodFacts } from '../../internal/pipeline/pod-facts.ts';

export type Json = Record<string, unknown>;

/** A v1 Pod. What PodFacts doesn't hold is missing. */
export function podJson(pod: PodFacts): Json {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(pod), spec: spec(pod), status: status(pod) };
}

function metadata(pod: PodFacts): Json {
  return present({
    name: pod.name,
    namespace: pod.namespace,
    uid: pod.uid,
    resourceVersion: pod.resourceVersion,
    creationTimestamp: time(pod.createdAtMs),
    deletionTimestamp: time(pod.deletionAtMs),
    deletionGracePeriodSeconds: pod.deletionAtMs === 0 ? undefined : pod.deletionGraceSeconds,
    labels: pod.labels.size === 0 ? undefined : Object.fromEntries(pod.labels),
    annotations: pod.mirrorHash === '' ? undefined : { 'kubernetes.io/config.mirror': pod.mirrorHash },
    ownerReferences: pod.owner === undefined ? undefined : [{ ...pod.owner, controller: true }],
  });
}

function spec(pod: PodFacts): Json {
  const of = (...roles: readonly string[]): Json[] =>
    pod.containers
      .filter(({ role }) => roles.includes(role))
      .map(({ name, image, role }) => ({
        name,
        image,
        ...(role === 'sidecar' ? { restartPolicy: 'Always' } : {}),
      }));
  return present({
    nodeName: pod.nodeName || undefined,
    restartPolicy: pod.restartPolicy || undefined,
    initContainers: unlessEmpty(of('init', 'sidecar')),
    containers: of('app'),
    ephemeralContainers: unlessEmpty(of('ephemeral')),
  });
}

function status(pod: PodFacts): Json {
  const of = (...roles: readonly string[]): Json[] | undefined =>
    unlessEmpty(
      pod.containers
        .filter(({ role }) => roles.includes(role))
        .filter(hasStatus)
        .map(containerStatus),
    );
  return present({
    phase: pod.phase,
    reason: pod.reason || undefined,
    message: pod.message || undefined,
    conditions: unlessEmpty(
      pod.conditions.map(({ lastTransitionAtMs, ...rest }) =>
        present({ ...rest, lastTransitionTime: time(lastTransitionAtMs) }),
      ),
    ),
    initContainerStatuses: of('init', 'sidecar'),
    containerStatuses: of('app'),
    ephemeralContainerStatuses: of('ephemeral'),
  });
}

function hasStatus({ state, containerId, restartCount }: ContainerFacts): boolean {
  return state.kind !== 'none' || containerId !== '' || restartCount !== 0;
}

function containerStatus(container: ContainerFacts): Json {
  const { name, image, imageId, restartCount, ready, started, state, lastState } = container;
  const containerID = container.containerId || undefined;
  const states = { state: stateJson(state), lastState: stateJson(lastState) };
  return present({ name, image, imageID: imageId, containerID, restartCount, ready, started, ...states });
}

function stateJson(state: ContainerState): Json {
  switch (state.kind) {
    case 'none':
      return {};
    case 'waiting':
      return { waiting: present({ reason: state.reason || undefined, message: state.message || undefined }) };
    case 'running':
      return { running: { startedAt: time(state.startedAtMs) ?? null } };
    case 'terminated': {
      const { exitCode, signal, reason, message, startedAtMs, finishedAtMs, containerId } = state;
      const words = { signal: signal || undefined, reason: reason || undefined, message: message || undefined };
      const times = { startedAt: time(startedAtMs) ?? null, finishedAt: time(finishedAtMs) ?? null };
      return { terminated: present({ exitCode, ...words, ...times, containerID: containerId || undefined }) };
    }
  }
}

/** RFC 3339 to the second, as metav1.Time prints. */
function time(ms: number): string | undefined {
  return ms === 0 ? undefined : new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function unlessEmpty<T>(list: T[]): T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function present(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
