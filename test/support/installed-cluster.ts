/**
 * A cluster with a real node as an operator has one: the image is in its container runtime, pods reach the API server by
 * the address of its Service, and failures happen at a rate or on demand.
 *
 * The addresses of Services are this cluster's own, so that any number run side by side; the API server's goes with the
 * node's bridge, and what stands in for kube-proxy with this process.
 */
import { failuresBy, Injector, NAMESPACE } from '../chaos/real-cluster.ts';
import type { InjectedFailure } from '../chaos/failure.ts';
import type { ChaosCluster } from '../chaos/simulated-cluster.ts';
import { startCluster } from '../cluster/cluster.ts';
import { chooseServiceNetwork } from '../cluster/node/network.ts';
import type { ClusterNode } from '../cluster/node/node.ts';
import type { Cluster } from '../cluster/options.ts';
import { writeAgentImage } from './agent-image.ts';
import { Door } from './e2e-door.ts';

/** Where agents are installed. */
export const AGENTS = 'agents';
/** Where real pods fail. */
export const SHOP = 'shop';

const RESTRICTED = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
};

export interface InstalledCluster extends ChaosCluster {
  readonly kubernetes: Cluster;
  readonly node: ClusterNode;
  /** What pods reach this machine by; gone with the cluster. */
  readonly addresses: readonly string[];
  /** A door to `target` at the node's address, which pods reach; closed. */
  readonly doorTo: (target: string) => Promise<Door>;
}

/**
 * Starts one. Failures are written into the status of pods that no scheduler takes, so that no kubelet has a say in them;
 * `onFailure` is called for each that the API server has accepted.
 */
export async function startInstalledCluster(onFailure: (failure: InjectedFailure) => void): Promise<InstalledCluster> {
  await using starting = new AsyncDisposableStack();
  const services = chooseServiceNetwork();
  const extraApiserverArgs = [`--service-cluster-ip-range=${services.range}`];
  const kubernetes = starting.use(await startCluster({ node: true, extraApiserverArgs }));
  const { node } = kubernetes;
  if (node === undefined) throw new Error('there is no node');
  node.addAddress(services.first);
  const service = starting.use(await Door.before(kubernetes.url, { host: services.first, port: 443 }));
  await service.open();
  await node.importImages(await writeAgentImage(kubernetes.runDir));
  await kubernetes.createNamespace(AGENTS, RESTRICTED);
  for (const name of [SHOP, NAMESPACE]) await kubernetes.createNamespace(name);
  const injector = new Injector(kubernetes.api, onFailure, { schedulerName: 'nobody' });
  starting.defer(() => injector.stop());
  await injector.makeAhead();
  const running = starting.move();
  return {
    kubernetes,
    node,
    addresses: [node.address, services.first],
    doorTo: (target) => Door.before(target, { host: node.address }),
    kubeconfig: kubernetes.kubeconfigPath,
    ...failuresBy(injector),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
