// One node with a real kubelet and real containers. Needs root on Linux; see requirements.ts.
//
// Everything it makes outside the cluster's folder (a control group, a bridge) is on record before it is made.
import { randomBytes } from 'node:crypto';
import type { ApiClient } from '../control-plane/api-client.ts';
import { waitUntil, type Child } from '../process/child.ts';
import { recordNodeTraces } from '../run-dir.ts';
import { createCgroup } from './cgroups.ts';
import { startContainerd, type Containerd } from './containerd.ts';
import { startKubelet, staticPodDirOf, type KubeletSpec } from './kubelet.ts';
import { addAddress, choosePodNetwork, createBridge } from './network.ts';

/** What a node is started with. */
export interface NodeSpec {
  readonly binaries: Readonly<Record<string, string>>;
  readonly runDir: string;
  readonly kubeconfig: string;
  readonly name: string;
  readonly runc: string;
  readonly busybox: string;
  readonly extraKubeletConfig: object;
}

/** A running node. */
export interface ClusterNode {
  readonly name: string;
  /** Its own; pods reach this machine by it. */
  readonly address: string;
  /** Gives it one more address, until the cluster stops. */
  readonly addAddress: (address: string) => void;
  /** Takes the images of an archive, for pods with `imagePullPolicy: IfNotPresent`. */
  readonly importImages: (archive: string) => Promise<void>;
  /** Pod manifests put here run as static pods. */
  readonly staticPodDir: string;
  /** Ends the kubelet (SIGKILL unless told otherwise); its containers go on running. */
  readonly stopKubelet: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  /** Starts the kubelet again, with the state it left. */
  readonly startKubelet: () => Promise<void>;
}

interface NodeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string; readonly effect: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Ready, and so that the scheduler will use it. */
async function isUsable(client: ApiClient, name: string): Promise<boolean> {
  try {
    const node = await client.api<NodeObject>('GET', `/api/v1/nodes/${name}`);
    const isReady = node.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
    return isReady && (node.spec?.taints ?? []).length === 0;
  } catch {
    return false;
  }
}

async function prepareKubelet(spec: NodeSpec): Promise<{ containerd: Containerd; kubelet: KubeletSpec }> {
  const id = randomBytes(4).toString('hex');
  const network = choosePodNetwork(id);
  const cgroup = `/watcher-${id}`;
  recordNodeTraces(spec.runDir, { cgroup, bridge: network.bridge });
  createCgroup(cgroup);
  createBridge(network);
  const containerd = await startContainerd({ ...spec, network });
  const kubelet: KubeletSpec = {
    binary: spec.binaries['kubelet'] ?? 'kubelet',
    runDir: spec.runDir,
    kubeconfig: spec.kubeconfig,
    nodeName: spec.name,
    containerdSocket: containerd.socket,
    network,
    cgroup,
    extraConfig: spec.extraKubeletConfig,
  };
  return { containerd, kubelet };
}

/** Starts a node; pods can be scheduled to it when this returns. */
export async function startNode(spec: NodeSpec, client: ApiClient): Promise<ClusterNode> {
  const { containerd, kubelet } = await prepareKubelet(spec);
  let child: Child = await startKubelet(kubelet);
  const what = `node ${spec.name} is not ready`;
  const patience = { what, timeoutMs: 60_000, runDir: spec.runDir, children: [child] };
  await waitUntil(patience, () => isUsable(client, spec.name));
  return {
    name: spec.name,
    address: kubelet.network.gateway,
    addAddress: (address) => addAddress(kubelet.network, address),
    importImages: containerd.importImages,
    staticPodDir: staticPodDirOf(spec.runDir),
    stopKubelet: (signal = 'SIGKILL') => child.stop(signal),
    startKubelet: async () => {
      if (child.ending() !== undefined) child = await startKubelet(kubelet);
    },
  };
}
