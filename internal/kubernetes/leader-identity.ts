/**
 * Who a candidate says it is in the Lease: the pod's name, so that `kubectl get lease` names who leads, and a random
 * suffix, so that a restarted container is not taken for the one before it.
 */
import type { Random } from '../platform/random.ts';

export type IdentitySource = 'pod-name' | 'host-name';

export interface LeaderIdentity {
  readonly identity: string;
  /** `host-name` deserves a warning: two replicas on one host differ by the suffix alone. */
  readonly source: IdentitySource;
}

/** Kubernetes keeps no limit on holderIdentity; names of pods and hosts end at 253. */
const NAME_CHARACTERS = 253;

export function leaderIdentity(podName: string | undefined, hostName: string, random: Random): LeaderIdentity {
  const source: IdentitySource = podName === undefined || podName === '' ? 'host-name' : 'pod-name';
  const name = source === 'pod-name' && podName !== undefined ? podName : hostName || 'watcher';
  return { identity: `${name.slice(0, NAME_CHARACTERS)}_${random.hex(6)}`, source };
}
