/** Where a scenario is played: a namespace of its own on the test cluster, and what its pods are like. Types only. */
import type { Cluster } from '../cluster/options.ts';
import type { PodStates } from './pod-states.ts';

export interface Stage {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly pods: PodStates;
}
