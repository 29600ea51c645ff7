/**
 * The simulated cluster of the demo: the API server of test/support in this process, which passes the same contract tests
 * as the real one, with a real kubelet's recorded statuses. It is asked over HTTPS as any other.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createApiClient } from '../../test/cluster/control-plane/api-client.ts';
import { startApiServer } from './simulated.ts';
import type { ClusterParts, DemoCluster } from './demo-cluster.ts';
import { stagedCluster } from './cluster-staged.ts';

/** Starts it. */
export async function startSimulated({ clock, folder }: ClusterParts): Promise<DemoCluster> {
  const server = await startApiServer(clock);
  const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'));
  const caFile = path.join(folder, 'ca.crt');
  writeFileSync(caFile, server.caPem);
  const client = createApiClient(server.url, caFile, server.adminToken);
  return stagedCluster({
    clock,
    api: client.api,
    kubeconfig,
    note: `${server.url}, played by this program`,
    stop: async () => {
      client.disconnect();
      await server.close();
    },
  });
}
