// kubelet of one node: real containers, below a control group of its own, reachable from this machine only.
//
// Crash loops turn in seconds: times are those of production divided by sixty.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../control-plane/ports.ts';
import { startChild, type Child } from '../process/child.ts';
import type { PodNetwork } from './network.ts';

/** What the kubelet is started with. */
export interface KubeletSpec {
  readonly binary: string;
  readonly runDir: string;
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly containerdSocket: string;
  readonly network: PodNetwork;
  readonly cgroup: string;
  /** Fields of KubeletConfiguration that replace ours. */
  readonly extraConfig: object;
}

/** Folder whose files the kubelet runs as static pods. */
export function staticPodDirOf(runDir: string): string {
  return path.join(runDir, 'kubelet', 'static-pods');
}

function configOf(spec: KubeletSpec, dir: string, port: number): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: spec.network.gateway,
    port,
    healthzPort: 0,
    readOnlyPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${spec.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: spec.cgroup,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // A full disk of a developer is no reason to evict pods or to delete images that nobody can pull again.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '0%',
      'imagefs.available': '0%',
      'nodefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    featureGates: { KubeletCrashLoopBackOffMax: true },
    // In production 300 s and 60 s. The second is how soon a waiting container's status turns into CrashLoopBackOff: with it
    // unchanged that reason would show for a moment only, right before each restart (measured, v1.36.3).
    crashLoopBackOff: { maxContainerRestartPeriod: '5s' },
    syncFrequency: '1s',
    resolvConf: path.join(dir, 'resolv.conf'),
    podLogsDir: path.join(dir, 'pod-logs'),
    volumePluginDir: path.join(dir, 'volume-plugins'),
    staticPodPath: staticPodDirOf(spec.runDir),
    ...spec.extraConfig,
  };
}

/** Starts the kubelet. It registers its node soon after. */
export async function startKubelet(spec: KubeletSpec): Promise<Child> {
  const dir = path.join(spec.runDir, 'kubelet');
  for (const part of ['pod-logs', 'volume-plugins', 'static-pods'])
    mkdirSync(path.join(dir, part), { recursive: true });
  writeFileSync(path.join(dir, 'resolv.conf'), '');
  const configFile = path.join(dir, 'config.json');
  writeFileSync(configFile, JSON.stringify(configOf(spec, dir, await freePort(spec.network.gateway))));
  const args = [
    `--config=${configFile}`,
    `--kubeconfig=${spec.kubeconfig}`,
    `--root-dir=${dir}`,
    `--cert-dir=${path.join(dir, 'pki')}`,
    `--hostname-override=${spec.nodeName}`,
    `--node-ip=${spec.network.gateway}`,
  ];
  return startChild({ name: 'kubelet', command: spec.binary, args, runDir: spec.runDir });
}
