/**
 * The table of reasons: every word Kubernetes and the container runtimes use for a pod in trouble, with the family it
 * belongs to, how grave it is and what usually causes it. Code, docs (reasons-doc.ts) and the validation of
 * enabled_reasons all read this one table. Sources: kubelet 1.36 (pkg/kubelet/{images,container,kuberuntime,lifecycle,
 * eviction,nodeshutdown,preemption}), cri-api errors, containerd 2.2 (internal/cri/server), the controllers that set
 * DisruptionTarget; older words (NodeLost, Shutdown, ContainerCannotRun) are kept for older clusters.
 * What isn't listed falls into a family by rule: see reasons.ts.
 */
import type { IncidentClass, Severity } from './finding.ts';

/**
 * Where a reason is read: a container's waiting or terminated state, status.reason of a pod, its DisruptionTarget or its
 * PodScheduled condition, the phase of a pod, or the Ready condition of a node. `stuck` are words of ours for what Kubernetes has none: a normal state
 * that lasts too long.
 */
export type SeenIn = 'waiting' | 'terminated' | 'pod' | 'disruption' | 'scheduling' | 'phase' | 'stuck' | 'node';

/**
 * What a waiting state is a view of, which decides its occurrence key: a back-off after an exit (`loop`), an image that
 * doesn't come (`pull`), a container that could not be made (`start`), one that was made and whose start failed, so
 * that its exit tells the same (`run`), or nothing but the normal course (`starting`).
 */
export type WaitingView = 'loop' | 'pull' | 'start' | 'run' | 'starting';

export interface ReasonEntry {
  readonly reason: string;
  readonly seenIn: SeenIn;
  /** For `waiting` only. */
  readonly view: WaitingView | undefined;
  /** The name of enabled_reasons it belongs to; '' for what is no failure. */
  readonly family: string;
  readonly incidentClass: IncidentClass;
  readonly severity: Severity;
  /** What usually causes it, in one line. */
  readonly hint: string;
}

type Row = readonly [reason: string, severity: Severity, hint: string, family?: string];

const viewDefaults: Record<
  Exclude<WaitingView, 'starting'>,
  readonly [family: string, incidentClass: IncidentClass]
> = {
  loop: ['CrashLoopBackOff', 'crash'],
  pull: ['ImagePullBackOff', 'image'],
  start: ['CreateContainerConfigError', 'start'],
  run: ['CreateContainerConfigError', 'start'],
};

function waiting(view: Exclude<WaitingView, 'starting'>, rows: readonly Row[]): ReasonEntry[] {
  const [defaultFamily, incidentClass] = viewDefaults[view];
  return rows.map(([reason, severity, hint, family = defaultFamily]) => ({
    reason,
    seenIn: 'waiting',
    view,
    family,
    incidentClass,
    severity,
    hint,
  }));
}

function starting(rows: readonly (readonly [reason: string, hint: string])[]): ReasonEntry[] {
  return rows.map(([reason, hint]) => ({
    reason,
    seenIn: 'waiting',
    view: 'starting',
    family: '',
    incidentClass: 'start',
    severity: 'info',
    hint,
  }));
}

function of(seenIn: SeenIn, incidentClass: IncidentClass, family: string, rows: readonly Row[]): ReasonEntry[] {
  return rows.map(([reason, severity, hint, own]) => ({
    reason,
    seenIn,
    view: undefined,
    family: own ?? family,
    incidentClass,
    severity,
    hint,
  }));
}

// prettier-ignore
export const reasonsTable: readonly ReasonEntry[] = [
  ...waiting('loop', [
    ['CrashLoopBackOff', 'critical', 'the container keeps exiting; its last exit code and its previous log say why'],
  ]),
  ...waiting('pull', [
    ['ErrImagePull', 'critical', 'the image or tag does not exist, or the registry refuses the pull secret'],
    ['ImagePullBackOff', 'critical', 'the image or tag does not exist, or the registry refuses the pull secret'],
    ['InvalidImageName', 'critical', 'the image reference has a typo; nothing was asked of any registry'],
    ['ErrImageNeverPull', 'critical', 'imagePullPolicy is Never and the node does not have the image'],
    ['ImageInspectError', 'critical', 'the image on the node is damaged, or the container runtime is ill'],
    ['RegistryUnavailable', 'critical', 'the registry cannot be reached from the node'],
    ['SignatureValidationFailed', 'critical', 'the image is not signed as the node policy demands'],
    ['ImageVolumeMountFailed', 'critical', 'an image used as a volume could not be mounted'],
  ]),
  ...waiting('start', [
    ['CreateContainerConfigError', 'critical', 'a ConfigMap, Secret or key the container refers to does not exist'],
    ['CreateContainerError', 'critical', 'the runtime could not make the container: a bad mount, name in use, or runtime trouble'],
    ['PreCreateHookError', 'critical', 'a kubelet hook before the creation failed: usually a device or resource manager'],
    ['PreStartHookError', 'critical', 'a kubelet hook before the start failed: usually a device or resource manager'],
    ['RROUnsupported', 'critical', 'a recursive read-only mount is asked for which the runtime does not support'],
    ['VerifyNonRootError', 'critical', 'runAsNonRoot is set and the image runs as root'],
    ['CreatePodSandboxError', 'critical', 'the pod sandbox could not be made: usually the network plug-in'],
    ['ConfigPodSandboxError', 'critical', 'the pod sandbox could not be configured'],
    ['KillPodSandboxError', 'warning', 'the pod sandbox could not be removed: runtime or network plug-in trouble'],
    ['KillContainerError', 'warning', 'the runtime could not stop the container'],
    ['RemoveContainerError', 'warning', 'the runtime could not remove the container'],
    ['ResizePodInPlaceError', 'warning', 'the in-place resize of the pod failed on the node'],
  ]),
  ...waiting('run', [
    ['RunContainerError', 'critical', 'the command does not exist in the image or may not be executed, or a mount failed'],
    ['PostStartHookError', 'critical', 'the postStart hook failed, so the kubelet killed the container'],
  ]),
  ...starting([
    ['ContainerCreating', 'the normal course of a start'],
    ['PodInitializing', 'the normal course of a start: init containers run first'],
    ['RestartingAllContainers', 'another container of the pod asked for a restart of all (KEP-5532)'],
  ]),
  ...of('terminated', 'crash', 'Failed', [
    ['Error', 'warning', 'the process ended with an error; its log says why'],
    ['OOMKilled', 'warning', 'the container used more memory than its limit', 'OOMKilled'],
    ['StartError', 'critical', 'the command does not exist in the image or may not be executed, or a mount failed', 'CreateContainerConfigError'],
    ['ContainerCannotRun', 'critical', 'the command does not exist in the image or may not be executed', 'CreateContainerConfigError'],
    ['PostStartHookError', 'critical', 'the postStart hook failed, so the kubelet killed the container', 'CreateContainerConfigError'],
    ['DeadlineExceeded', 'warning', 'the container ran into the deadline of its pod'],
    ['ContainerStatusUnknown', 'warning', 'the node lost track of the container: usually an eviction or a node that restarted'],
    ['Unknown', 'warning', 'the runtime lost the container task: usually the node or its runtime restarted'],
  ]),
  ...of('pod', 'pod', 'Failed', [
    ['Failed', 'warning', 'the pod failed and Kubernetes gave no reason'],
    ['Evicted', 'warning', 'the node ran out of memory, disk or process ids and the kubelet chose this pod', 'Evicted'],
    ['Preempting', 'warning', 'the kubelet made room on the node for a critical pod', 'Evicted'],
    ['NodeLost', 'warning', 'the node stopped answering; whether the pod still runs there is unknown', 'Evicted'],
    ['NodeShutdown', 'warning', 'the node was shutting down and did not admit the pod', 'Evicted'],
    ['Terminated', 'warning', 'the node was shut down and the kubelet ended its pods', 'Evicted'],
    ['Shutdown', 'warning', 'the node was shut down and the kubelet ended its pods', 'Evicted'],
    ['DeadlineExceeded', 'warning', 'the pod ran longer than its activeDeadlineSeconds'],
    ['OutOfcpu', 'warning', 'the node had no CPU left when the pod arrived: the scheduler and the node disagree'],
    ['OutOfmemory', 'warning', 'the node had no memory left when the pod arrived: the scheduler and the node disagree'],
    ['OutOfpods', 'warning', 'the node had no room for one more pod: the scheduler and the node disagree'],
    ['OutOfephemeral-storage', 'warning', 'the node had no ephemeral storage left when the pod arrived'],
    ['NodeAffinity', 'warning', 'the labels of the node no longer match the node selector or affinity of the pod'],
    ['UnexpectedAdmissionError', 'warning', 'the kubelet refused the pod: usually a device plug-in or resource manager'],
    ['EmptyPodSharedPoolError', 'warning', 'the kubelet has no CPU left to share with the pod'],
    ['TopologyAffinityError', 'warning', 'no NUMA placement on the node satisfies its topology manager policy'],
    ['AppArmor', 'warning', 'the AppArmor profile is missing on the node'],
    ['SysctlForbidden', 'warning', 'the pod sets a sysctl the node does not allow'],
    ['PodOSNotSupported', 'warning', 'the operating system the pod names is not that of the node'],
    ['PodOSSelectorNodeLabelDoesNotMatch', 'warning', 'the operating system label the pod selects is not that of the node'],
    ['PodLevelResourcesNotSupported', 'warning', 'the node does not support resources of whole pods'],
    ['SupplementalGroupsPolicyNotSupported', 'warning', 'the node does not support the supplemental groups policy of the pod'],
    ['InitContainerRestartPolicyForbidden', 'warning', 'the node does not support sidecars (restartPolicy of an init container)'],
    ['VolumeAttachmentLimitExceeded', 'warning', 'the node cannot attach any more volumes'],
    ['InvalidNodeInfo', 'warning', 'the kubelet could not read what it knows of its own node'],
    ['UnknownReason', 'warning', 'the kubelet refused the pod without a reason it can name'],
  ]),
  ...of('disruption', 'pod', 'Evicted', [
    ['PreemptionByScheduler', 'warning', 'a pod of higher priority took the place of this one'],
    ['DeletionByTaintManager', 'warning', 'the node carries a NoExecute taint the pod does not tolerate: often a node that is not ready'],
    ['DeletionByDeviceTaintManager', 'warning', 'a device of the pod was tainted: usually the device is ill'],
    ['DeletionByPodGC', 'warning', 'the node of the pod no longer exists'],
    ['TerminationByKubelet', 'warning', 'the kubelet ended the pod: eviction under pressure, node shutdown or a critical pod'],
    ['EvictionByEvictionAPI', 'info', 'somebody drained the node or asked for the eviction: planned', ''],
  ]),
  ...of('scheduling', 'schedule', 'Unschedulable', [
    ['Unschedulable', 'warning', 'no node has room for the pod or satisfies its selectors, affinities, tolerations and volumes'],
    ['SchedulerError', 'warning', 'the scheduler failed while it looked for a node; its log says why'],
    ['SchedulingGated', 'warning', 'whoever put a scheduling gate on the pod has not removed it', 'SchedulingGated'],
  ]),
  ...of('phase', 'pod', 'Evicted', [
    ['Unknown', 'warning', 'the node stopped answering; whether the pod still runs there is unknown'],
  ]),
  ...of('stuck', 'start', 'StuckPending', [
    ['StuckPending', 'warning', 'no scheduler feels responsible for the pod, or the kubelet of its node does not begin'],
    ['StuckCreating', 'warning', 'a volume cannot be mounted, the network plug-in fails, or the image is large', 'StuckCreating'],
    ['StuckInit', 'warning', 'an init container waits for something, or the startup probe of a sidecar never succeeds', 'StuckInit'],
  ]),
  ...of('stuck', 'ready', 'NotReady', [
    ['NotReady', 'warning', 'a readiness or startup probe fails, or a readiness gate is not met'],
  ]),
  ...of('stuck', 'terminate', 'StuckTerminating', [
    ['StuckTerminating', 'warning', 'a finalizer holds the pod, its node does not answer, or a volume cannot be unmounted'],
  ]),
  ...of('node', 'node', 'NodeNotReady', [
    ['NodeNotReady', 'critical', 'the node or its kubelet is down, cut off, or has no working network plug-in'],
  ]),
];

export interface FamilyEntry {
  readonly name: string;
  /** On when nobody says otherwise: the six of the contract. */
  readonly isDefault: boolean;
  readonly meaning: string;
}

/** The names enabled_reasons is about. `*` enables all of them. */
// prettier-ignore
export const familiesTable: readonly FamilyEntry[] = [
  { name: 'CrashLoopBackOff', isDefault: true, meaning: 'a container keeps exiting and is restarted with growing pauses' },
  { name: 'ImagePullBackOff', isDefault: true, meaning: 'an image cannot be had' },
  { name: 'CreateContainerConfigError', isDefault: true, meaning: 'a container cannot be made or started' },
  { name: 'OOMKilled', isDefault: true, meaning: 'a container was killed for the memory it used' },
  { name: 'Failed', isDefault: true, meaning: 'a container exited with an error, or the whole pod failed' },
  { name: 'Evicted', isDefault: true, meaning: 'the pod was removed from its node without anybody having planned it, or its node was lost' },
  { name: 'Unschedulable', isDefault: false, meaning: 'no node will take the pod' },
  { name: 'SchedulingGated', isDefault: false, meaning: 'a scheduling gate holds the pod back' },
  { name: 'StuckPending', isDefault: false, meaning: 'the pod has been Pending for too long' },
  { name: 'StuckCreating', isDefault: false, meaning: 'a container has been ContainerCreating or PodInitializing for too long' },
  { name: 'StuckInit', isDefault: false, meaning: 'an init container has been running for too long' },
  { name: 'NotReady', isDefault: false, meaning: 'the pod runs and has not been Ready for too long' },
  { name: 'StuckTerminating', isDefault: false, meaning: 'the pod is still there well after its deletion was due' },
  { name: 'NodeNotReady', isDefault: false, meaning: 'the node of the pods is not Ready' },
];
