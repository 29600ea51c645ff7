// What the environment decides about the test cluster: where binaries come from and what is kept.
//
// Read once for each call and passed on as a value, so that tests can give their own. Nothing else in test/cluster
// looks at process.env, apart from the environment that `go build` inherits.
import { homedir } from 'node:os';
import path from 'node:path';
import { USUAL_KUBERNETES } from './projects.ts';

/** Settings of the test cluster that come from outside the project. */
export interface ClusterEnvironment {
  /** Folder of ready-made etcd, kube-apiserver and kubectl (envtest's convention), or undefined. */
  readonly kubebuilderAssets: string | undefined;
  /** Folder holding what was built on this machine; outlives checkouts. */
  readonly cacheDir: string;
  /** False where WATCHER_CLUSTER_BUILD=0 forbids to build what is missing. */
  readonly mayBuild: boolean;
  /** True where WATCHER_CLUSTER_KEEP=1 asks to leave logs and data of stopped clusters on disk. */
  readonly keepsRunDir: boolean;
  /** Minor version of Kubernetes to run; names the folder binaries/kubernetes-<minor>. */
  readonly kubernetes: string;
  /** A statically linked busybox, out of which the containers' image is made. */
  readonly busybox: string;
}

/** Reads the settings; empty variables count as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ClusterEnvironment {
  const cacheHome = env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  return {
    kubebuilderAssets: env['KUBEBUILDER_ASSETS'] || undefined,
    cacheDir: path.join(cacheHome, 'watcher-test-cluster'),
    mayBuild: env['WATCHER_CLUSTER_BUILD'] !== '0',
    keepsRunDir: env['WATCHER_CLUSTER_KEEP'] === '1',
    kubernetes: env['WATCHER_CLUSTER_KUBERNETES'] || USUAL_KUBERNETES,
    busybox: env['WATCHER_CLUSTER_BUSYBOX'] || '/bin/busybox',
  };
}
