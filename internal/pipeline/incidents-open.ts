/**
 * Which incidents of a pod are open, by what the pod shows: pure, and the same on every replica, whatever each of them
 * remembers. That makes it fit to be told by a leader that has just begun.
 *
 * Open is what lasts (a back-off, a pull, a pod that has ended and is still there), a container that is down, and an exit
 * until nothing was heard of it for INCIDENT_IDLE_MS. Rather too much than too little: what is left out is closed.
 */
import { INCIDENT_IDLE_MS } from '../platform/limits.ts';
import { detect } from './detect.ts';
import type { DetectContext } from './detect-types.ts';
import type { Finding } from './finding.ts';
import { goesOn, kindOf } from './identity-occurrence.ts';
import type { PodFacts } from './pod-facts.ts';

/** Keys of the pod's open incidents; a key may come twice. Never throws for facts that detection takes. */
export function openIncidentsOf(
  pod: PodFacts,
  context: Pick<DetectContext, 'clusterId' | 'nowMs' | 'delays'>,
): readonly string[] {
  const { findings } = detect(pod, { ...context, change: 'modified', isFirstLook: true, memory: undefined });
  return findings.filter((finding) => isOpen(finding, pod, context.nowMs)).map(({ incidentKey }) => incidentKey);
}

/** Whether what this finding tells of goes on, as far as the pod shows. */
export function isOpen(
  { occurrence, occurredAtMs, container }: Finding,
  pod: Pick<PodFacts, 'containers'>,
  nowMs: number,
): boolean {
  if (goesOn(occurrence) || isOfWholePod(occurrence) || occurredAtMs === 0) return true;
  if (nowMs - occurredAtMs < INCIDENT_IDLE_MS) return true;
  return pod.containers.some(({ name, state }) => name === container?.name && state.kind === 'terminated');
}

/** It stays as it is until the pod is removed. */
function isOfWholePod(occurrence: string): boolean {
  const kind = kindOf(occurrence);
  return kind === 'pod-terminal' || kind === 'disrupted';
}
