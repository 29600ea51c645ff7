/**
 * What an API object shows of failures, as a reader of `kubectl get -o json` would say it: which must be told, and which may be.
 * Written from the rules of identity alone, beside the agent's detectors and not with them; it covers what the lives
 * of failing-lives.ts and quiet-lives.ts do, and no more. Pure.
 */
import { eventId, type ContainerName } from '../../internal/pipeline/identity.ts';

export const CLUSTER_ID = 'soak';

/** A failure that shows. What may be told need not be: later exits of what was told, and what is about to be due. */
export interface Shown {
  readonly id: string;
  readonly uid: string;
  readonly isDue: boolean;
  /** `payments-1/main: CrashLoopBackOff`. */
  readonly words: string;
}

interface Terminated {
  readonly exitCode?: number;
  readonly containerID?: string;
  readonly finishedAt?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly containerID?: string;
  readonly image: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly lastTransitionTime?: string;
}

/** A pod or node, as far as it is read here. */
export interface ListedObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
  readonly spec?: { readonly nodeName?: string };
}

/** What lasts is told a moment after it is due, and the lister's clock is the cluster's: between these, it may be told. */
const BEFORE_DUE_MS = 6_000;
const AFTER_DUE_MS = 3_000;

type Show = (occurrence: string, isDue: boolean, what: string, container?: ContainerName) => void;

/** What a pod shows. `stuckAfterMs`: how long any state may last. */
export function shownByPod(pod: ListedObject, nowMs: number, stuckAfterMs: number): readonly Shown[] {
  const { shown, show } = collector(pod, `uid:${pod.metadata.uid}`);
  const { deletionTimestamp } = pod.metadata;
  const lasting = lastingOver(nowMs, stuckAfterMs, show);
  if (deletionTimestamp !== undefined) {
    if (conditionOf(pod, 'DisruptionTarget')?.status === 'True') show('disrupted', true, 'disrupted');
    lasting('terminating', Date.parse(deletionTimestamp), 'StuckTerminating');
    return shown;
  }
  const { phase, reason } = pod.status ?? {};
  if (phase === 'Succeeded') return shown;
  const isEnded = phase === 'Failed' && reason !== undefined && reason !== '';
  if (isEnded) show('pod-terminal', true, reason);
  const inits = pod.status?.initContainerStatuses ?? [];
  const apps = pod.status?.containerStatuses ?? [];
  for (const one of inits) showContainer(one, { role: 'init', name: one.name }, isEnded, show);
  for (const one of apps) showContainer(one, { role: 'app', name: one.name }, isEnded, show);
  if (shown.length === 0) showLasting(pod, inits[0], apps[0], lasting);
  return shown;
}

/** What a node shows. */
export function shownByNode(node: ListedObject, nowMs: number, stuckAfterMs: number): readonly Shown[] {
  const { shown, show } = collector(node, `node:${node.metadata.uid}`);
  const ready = conditionOf(node, 'Ready');
  if (ready === undefined || ready.status === 'True') return shown;
  const sinceMs = timeOf(ready.lastTransitionTime);
  lastingOver(nowMs, stuckAfterMs, show)(`node:${sinceMs}`, sinceMs, 'NodeNotReady');
  return shown;
}

function collector({ metadata }: ListedObject, subject: string): { readonly shown: Shown[]; readonly show: Show } {
  const shown: Shown[] = [];
  const { uid, namespace = '', name } = metadata;
  const show: Show = (occurrence, isDue, what, container) => {
    const id = eventId({ clusterId: CLUSTER_ID, subject, container, occurrence });
    const where = [namespace, name, container?.name].filter((part) => part !== undefined && part !== '').join('/');
    shown.push({ id, uid, isDue, words: `${where}: ${what}` });
  };
  return { shown, show };
}

type ShowLasting = (occurrence: string, sinceMs: number, what: string, container?: ContainerName) => void;

function lastingOver(nowMs: number, stuckAfterMs: number, show: Show): ShowLasting {
  return (occurrence, sinceMs, what, container) => {
    const overdueMs = nowMs - sinceMs - stuckAfterMs;
    if (overdueMs >= -BEFORE_DUE_MS) show(occurrence, overdueMs >= AFTER_DUE_MS, what, container);
  };
}

/** The first exit of a container is told, and its first back-off; later ones are one incident with them. */
function showContainer(status: ContainerStatus, container: ContainerName, isEnded: boolean, show: Show): void {
  const { state = {}, lastState = {}, restartCount, image } = status;
  for (const exit of [state.terminated, lastState.terminated]) {
    if (exit === undefined || (exit.exitCode ?? 0) === 0) continue;
    const isFirst = restartCount === 0 && exit === state.terminated;
    show(`exit:${exit.containerID ?? ''}`, isFirst && !isEnded, 'exit', container);
  }
  const reason = state.waiting?.reason ?? '';
  const after = lastState.terminated?.containerID ?? status.containerID ?? 'none';
  if (reason === 'CrashLoopBackOff') show(`loop:${after}`, restartCount === 1, reason, container);
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') {
    show(`pull:${image.length}:${image}:${after}`, true, reason, container);
  }
  if (reason === 'CreateContainerConfigError') show(`start:${reason}:${after}`, true, reason, container);
}

/** Pods here have one container of each kind, and start within a second. */
function showLasting(
  pod: ListedObject,
  init: ContainerStatus | undefined,
  app: ContainerStatus | undefined,
  lasting: ShowLasting,
): void {
  const createdMs = timeOf(pod.metadata.creationTimestamp);
  const scheduled = conditionOf(pod, 'PodScheduled');
  if ((pod.spec?.nodeName ?? '') === '') {
    if (scheduled === undefined) lasting('stuck-start:none', createdMs, 'StuckPending');
    else if (scheduled.reason === 'SchedulingGated') lasting('gated', timeOf(scheduled.lastTransitionTime), 'gated');
    else lasting('unschedulable', timeOf(scheduled.lastTransitionTime), 'unschedulable');
  } else if (init?.state?.running !== undefined) {
    const container = { role: 'init', name: init.name } as const;
    lasting(`stuck-start:${init.containerID ?? ''}`, timeOf(init.state.running.startedAt), 'StuckInit', container);
  } else if (app?.state?.waiting !== undefined) {
    lasting('stuck-start:none', timeOf(scheduled?.lastTransitionTime), 'StuckCreating');
  } else if (app?.state?.running !== undefined) {
    const ready = conditionOf(pod, 'Ready');
    if (ready === undefined || ready.status === 'True') return;
    const sinceMs = Math.max(timeOf(ready.lastTransitionTime), timeOf(app.state.running.startedAt));
    lasting(`unready:${timeOf(ready.lastTransitionTime)}`, sinceMs, 'NotReady');
  }
}

function conditionOf({ status }: ListedObject, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Kubernetes' times are whole seconds. */
function timeOf(text: string | undefined): number {
  return text === undefined ? 0 : Date.parse(text);
}
