/**
 * Running detection in tests: one look, or a whole history with the memory handed on as the pipeline does.
 */
import { detect } from '../../internal/pipeline/detect.ts';
import type { DetectContext, Detection } from '../../internal/pipeline/detect-types.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CREATED_MS, type PodBuilder } from './pod-builder.ts';

/** One look at a pod nobody has looked at before, in a cluster named `c1`. */
export function look(pod: PodBuilder | PodFacts, context: Partial<DetectContext> = {}): Detection {
  const facts = 'facts' in pod ? pod.facts() : pod;
  return detect(facts, {
    clusterId: 'c1',
    nowMs: CREATED_MS,
    change: 'modified',
    isFirstLook: false,
    memory: undefined,
    ...context,
  });
}

/** All findings of a history, look by look, told before or not. */
export function lookThrough(history: readonly (PodBuilder | PodFacts)[], clusterId = 'c1'): Finding[] {
  let memory: Detection['memory'];
  return history.flatMap((step) => {
    const detection = look(step, { memory, clusterId });
    memory = detection.memory;
    return detection.findings;
  });
}

/** The distinct event ids of a history, in the order they first showed. */
export function idsOf(history: readonly (PodBuilder | PodFacts)[], clusterId = 'c1'): string[] {
  return [...new Set(lookThrough(history, clusterId).map(({ eventId }) => eventId))];
}

/** What a look tells, in brief: reason and container. */
export function told(detection: Detection): string[] {
  return detection.findings.map(({ reason, container }) => `${reason} ${container?.name ?? '(pod)'}`);
}

/** What a look is silent about, in brief. */
export function silent(detection: Detection): string[] {
  return detection.silences.map(({ reason, about, container }) => `${about} ${container || '(pod)'}: ${reason}`);
}
