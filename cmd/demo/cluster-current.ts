/**
 * The user's own cluster: the current context of their kubeconfig, looked at for a while and never written to. Nothing is
 * let happen and nothing is expected; the table shows what the agent would have told of it.
 */
import { sleep } from '../../internal/platform/clock.ts';
import type { ClusterParts, DemoCluster } from './demo-cluster.ts';

/** Nothing is started: the agent reads the kubeconfig as kubectl would. */
export function useCurrent({ clock }: ClusterParts, watchForMs: number): DemoCluster {
  return {
    flags: {},
    note: 'the current context of your kubeconfig, read only',
    kubeconfig: undefined,
    expectations: [],
    silences: [],
    patienceMs: 0,
    happenedMs: () => undefined,
    play: async (say, signal) => {
      say(`watching for ${watchForMs / 1000} s`);
      await sleep(clock, watchForMs, signal);
    },
    stop: () => Promise.resolve(),
  };
}
