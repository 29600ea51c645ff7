/** The six families of reasons that are enabled by default, each as a real kubelet was recorded in it, and what is told of it. */
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { recorded, type PodStatus } from './e2e-workloads.ts';

/** By family, what happens to a pod of a Deployment, and what is told of it in which order. */
export const families: Record<string, { statuses: readonly PodStatus[]; told: readonly Partial<WireEvent>[] }> = {
  CrashLoopBackOff: {
    statuses: recorded.crashLoop,
    told: [
      {
        reason: 'Error',
        phase: 'Running',
        restart_count: 0,
        exit_code: 3,
        incident_class: 'crash',
        severity: 'warning',
      },
      { reason: 'CrashLoopBackOff', phase: 'Running', restart_count: 1, exit_code: 3, severity: 'critical' },
    ],
  },
  ImagePullBackOff: {
    statuses: recorded.imagePull,
    told: [
      { reason: 'ErrImagePull', phase: 'Pending', restart_count: 0, incident_class: 'image', severity: 'critical' },
    ],
  },
  CreateContainerConfigError: {
    statuses: recorded.missingConfigMap,
    told: [
      {
        reason: 'CreateContainerConfigError',
        phase: 'Pending',
        message: 'configmap "nowhere" not found',
        incident_class: 'start',
      },
    ],
  },
  OOMKilled: {
    statuses: recorded.outOfMemory,
    told: [{ reason: 'OOMKilled', phase: 'Running', exit_code: 137, incident_class: 'crash' }],
  },
  Failed: {
    statuses: recorded.job,
    told: [{ reason: 'Error', phase: 'Running', exit_code: 4, incident_class: 'crash' }],
  },
  Evicted: {
    statuses: recorded.evicted,
    told: [{ reason: 'Evicted', phase: 'Failed', container_name: '', incident_class: 'pod' }],
  },
};
