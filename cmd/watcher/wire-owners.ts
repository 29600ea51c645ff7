/** What is read of the owners of failing pods: who they are, and whether somebody silenced them. */
import { Owners, type OwnersOptions } from '../../internal/kubernetes/owners.ts';
import { WorkloadSilences } from '../../internal/kubernetes/workload-silences.ts';
import { lookUpOwners, type OwnedPod, type OwnerLookup } from '../../internal/pipeline/owner-lookup.ts';
import type { AgentConfig } from './agent-config.ts';

export interface WiredOwners {
  readonly owners: OwnerLookup;
  /** Text of the annotation that silences of what controls the pod in the end; undefined while it is not known. */
  workloadSilence(pod: OwnedPod): string | undefined;
  /** Nothing more is asked of owners. */
  stopOwners(): void;
}

export function wireOwners({ silenceAnnotations }: AgentConfig, options: OwnersOptions): WiredOwners {
  const read = new Owners(options);
  const owners = lookUpOwners(read);
  if (!silenceAnnotations.includes('workloads')) {
    return { owners, workloadSilence: () => undefined, stopOwners: () => read.stop() };
  }
  const silences = new WorkloadSilences(options);
  return {
    owners: askSilencesToo(owners, silences),
    workloadSilence: (pod) => silences.textOf(pod.namespace, owners.topOwner(pod).workload),
    stopOwners: () => {
      read.stop();
      silences.stop();
    },
  };
}

/** Who asks for the one waits for the other: whose silence counts is known once the owner is. */
function askSilencesToo(owners: OwnerLookup, silences: WorkloadSilences): OwnerLookup {
  const askSilence = (pod: OwnedPod): Promise<void> | undefined =>
    silences.ask(pod.namespace, owners.topOwner(pod).workload);
  return {
    ...owners,
    ask: (pod) => {
      const asked = owners.ask(pod);
      if (asked === undefined) return askSilence(pod)?.then(() => 'read');
      return asked.then(async (outcome) => {
        await askSilence(pod);
        return outcome;
      });
    },
  };
}
