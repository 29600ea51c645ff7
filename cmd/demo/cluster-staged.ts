/** A cluster without a kubelet, on which the recorded failures are played. */
import type { Clock } from '../../internal/platform/clock.ts';
import type { ApiClient } from '../../test/cluster/control-plane/api-client.ts';
import type { DemoCluster } from './demo-cluster.ts';
import { allExpectations, failures, NAMESPACE, silences } from './failures.ts';
import { Sightings } from './sighting.ts';
import { playFailures, playSilences } from './staged-play.ts';

export interface StagedParts {
  readonly clock: Clock;
  readonly api: ApiClient['api'];
  readonly kubeconfig: string;
  readonly note: string;
  readonly stop: () => Promise<void>;
}

/** The cluster, with its namespace still to be made by play(). */
export function stagedCluster({ clock, api, kubeconfig, note, stop }: StagedParts): DemoCluster {
  const sightings = new Sightings();
  return {
    flags: { kubeconfig },
    note,
    kubeconfig,
    expectations: allExpectations,
    silences,
    patienceMs: 10_000,
    happenedMs: (expectation) => sightings.firstMs(expectation),
    play: async (say, signal) => {
      const stage = { api, clock, sightings, signal };
      await api('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
      for (const { podPrefix, what } of silences) say(`${podPrefix}: ${what}`);
      await playSilences(stage);
      await playFailures(stage, (name) => {
        const failure = failures.find((one) => one.name === name);
        say(`${failure?.expectations[0]?.podPrefix ?? name}: ${failure?.what ?? ''}`);
      });
    },
    stop,
  };
}
