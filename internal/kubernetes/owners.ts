/**
 * From a pod to the workload a person would name. What the pod's own facts prove is answered here, without a request:
 * the ReplicaSet of a Deployment carries the Deployment's name and the hash that stands in the pod's label. Where only
 * another object could tell (a Job's CronJob, a custom owner's owner), the direct owner is the answer.
 */
import type { OwnerFacts } from '../pipeline/pod-facts.ts';

export interface Workload {
  readonly kind: string;
  readonly name: string;
}

/** Labels that carry the hash in a ReplicaSet's name, and the kind of the ReplicaSet's owner: Deployments, Argo Rollouts. */
const HASH_LABELS = [
  { label: 'pod-template-hash', kind: 'Deployment' },
  { label: 'rollouts-pod-template-hash', kind: 'Rollout' },
] as const;

/** The workload a pod belongs to; a pod without a controller is its own workload, of kind Pod. */
export function workloadOf(pod: {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly owner: OwnerFacts | undefined;
}): Workload {
  const { owner } = pod;
  if (owner === undefined) return { kind: 'Pod', name: pod.name };
  if (owner.kind !== 'ReplicaSet') return { kind: owner.kind, name: owner.name };
  for (const { label, kind } of HASH_LABELS) {
    const suffix = `-${pod.labels.get(label) ?? ''}`;
    if (suffix.length > 1 && owner.name.endsWith(suffix) && owner.name.length > suffix.length) {
      return { kind, name: owner.name.slice(0, -suffix.length) };
    }
  }
  return { kind: owner.kind, name: owner.name };
}
