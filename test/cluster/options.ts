// What a test may ask of a cluster, and what it gets.
import type { ApiClient } from './control-plane/api-client.ts';
import type { StopOptions } from './control-plane/apiserver.ts';
import type { TokenUser } from './control-plane/credentials.ts';
import type { ClusterNode } from './node/node.ts';
import type { RecordedProcess } from './run-dir.ts';

/** How a cluster differs from the smallest one: etcd and an API server with an administrator. */
export interface ClusterOptions {
  /** Minor version of Kubernetes ("1.36"), of those that binaries/ has a folder for. */
  readonly kubernetes?: string;
  /** Run controller manager and scheduler. Default: as `node` says. */
  readonly controllers?: boolean;
  /** Run a node with real containers (root, Linux); implies controllers. */
  readonly node?: boolean;
  /** Default node-1. */
  readonly nodeName?: string;
  /** Users beside the administrator, RBAC applies to them. */
  readonly tokenUsers?: readonly TokenUser[];
  /** Body of an audit policy (`rules`, ...); the log is at `auditLogFile`. */
  readonly auditPolicy?: object;
  /** False: every list and watch goes to etcd, so that a compaction expires them at once. Default true. */
  readonly watchCache?: boolean;
  /** How often the API server compacts etcd; revisions older than that expire. Its own default is five minutes. */
  readonly etcdCompactionIntervalMs?: number;
  /** Flags of kube-apiserver; they win over ours. */
  readonly extraApiserverArgs?: readonly string[];
  /** Flags of kube-controller-manager; they win over ours. */
  readonly extraControllerManagerArgs?: readonly string[];
  /** Fields of KubeletConfiguration; they replace ours. */
  readonly extraKubeletConfig?: object;
  /** Where everything is kept; default a new folder under the temporary one. Must not be in use. Removed at the end. */
  readonly runDir?: string;
}

/** A running cluster. Disposing of it is stopping it. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly caFile: string;
  readonly adminToken: string;
  /** Of the administrator. */
  readonly kubeconfigPath: string;
  readonly runDir: string;
  readonly auditLogFile: string;
  /** The node, where one was asked for. */
  readonly node: ClusterNode | undefined;
  /** Path of a kubeconfig of one of `tokenUsers`. Throws where there is no such user. */
  readonly kubeconfigFor: (user: string) => string;
  /** Token of one of `tokenUsers`. Throws where there is no such user. */
  readonly tokenFor: (user: string) => string;
  /** A request as the administrator or with another token; rejects with ApiError outside 2xx. */
  readonly api: ApiClient['api'];
  /** Runs kubectl as the administrator; what it printed. Rejects where it fails. */
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<string>;
  /** Makes a namespace, and waits until pods can be created in it. */
  readonly createNamespace: (name: string, labels?: Record<string, string>) => Promise<void>;
  /** Returns when the API server has ended. Its port stays the same. */
  readonly stopApiServer: (options?: StopOptions) => Promise<void>;
  /** Returns when the API server is ready. */
  readonly startApiServer: () => Promise<void>;
  /** Stops it, waits `downMs` (default 0), starts it. */
  readonly restartApiServer: (options?: StopOptions & { readonly downMs?: number }) => Promise<void>;
  /** Freezes the API server: connections stay open, nothing comes. */
  readonly pauseApiServer: () => void;
  readonly resumeApiServer: () => void;
  /** Compacts etcd up to now; the revision. Use watchCache: false where lists and watches are to expire by it. */
  readonly compactEtcd: () => Promise<string>;
  /** What is running, in the order of starting. */
  readonly processes: () => RecordedProcess[];
  /** Ends everything and removes the folder. Rejects where something can't be ended. Calling it again is harmless. */
  readonly stop: () => Promise<void>;
}
