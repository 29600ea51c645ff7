/** The cluster that was asked for, started, with a word about it. */
import { startReal } from './cluster-real.ts';
import { startSimulated } from './cluster-simulated.ts';
import { useCurrent } from './cluster-current.ts';
import type { ClusterParts, DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './options.ts';
import type { Done } from './progress.ts';

/** Throws DemoProblem. */
export async function startDemoCluster(options: DemoOptions, parts: ClusterParts): Promise<Done<DemoCluster>> {
  const value = await start(options, parts);
  return { value, note: value.note };
}

async function start({ cluster, watchForMs }: DemoOptions, parts: ClusterParts): Promise<DemoCluster> {
  switch (cluster) {
    case 'simulated':
      return startSimulated(parts);
    case 'real':
      return startReal(parts);
    case 'current':
      return useCurrent(parts, watchForMs);
  }
}
