/**
 * Which incidents of a pod are open, by what the pod shows: pure, and the same on every replica, whatever each of them
 * remembers. That makes it fit to be told by a leader that has just begun.
 *
 * Open is what lasts (a back-off, a pull, a pod that has ended and is still there), a container that is down, and an exit
 * until its container has run for STABLE_RUN_MS since or, as an init container, ended well, or nothing was heard of it for
 * INCIDENT_IDLE_MS. Rather too much than too little: what is left out is closed.
 */
import { INCIDENT_IDLE_MS, STABLE_RUN_MS } from '../platform/limits.ts';
import { detect } from './detect.ts';
import type { DetectContext } from './detect-types.ts';
import type { Finding } from './finding.ts';
import { goesOn, kindOf } from './identity-occurrence.ts';
import { isFailedExit } from './planned.ts';
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
export function isOpen(finding: Finding, pod: Pick<PodFacts, 'containers'>, nowMs: number): boolean {
  return nowMs < overAtMs(finding, pod);
}

/** When what this finding tells of counts as over if the pod stays as it is; Infinity for what time does not end. */
export function overAtMs({ occurrence, occurredAtMs, container }: Finding, pod: Pick<PodFacts, 'containers'>): number {
  if (goesOn(occurrence) || isOfWholePod(occurrence)) return Infinity;
  const { role, state } = pod.containers.find(({ name }) => name === container?.name) ?? {};
  if (state?.kind === 'terminated' && isFailedExit(state)) return Infinity;
  if (state?.kind === 'terminated' && role === 'init') return 0;
  const idleAtMs = occurredAtMs === 0 ? Infinity : occurredAtMs + INCIDENT_IDLE_MS;
  const isTimed = state?.kind === 'running' && state.startedAtMs > 0;
  return isTimed ? Math.min(idleAtMs, state.startedAtMs + STABLE_RUN_MS) : idleAtMs;
}

/** It stays as it is until the pod is removed. */
function isOfWholePod(occurrence: string): boolean {
  const kind = kindOf(occurrence);
  return kind === 'pod-terminal' || kind === 'disrupted';
}
