// kube-controller-manager and kube-scheduler of one cluster. They serve no port and elect no leader: there is one of each.
import { startChild, waitUntil, type Child } from '../process/child.ts';
import { ApiError, type ApiClient } from './api-client.ts';

/** What both are started with. */
export interface ControllersSpec {
  readonly binaries: Readonly<Record<string, string>>;
  readonly runDir: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly serviceAccountKeyFile: string;
  /** Later flags win over ours. */
  readonly extraControllerManagerArgs: readonly string[];
}

function controllerManagerArgs(spec: ControllersSpec): string[] {
  return [
    `--kubeconfig=${spec.kubeconfig}`,
    `--service-account-private-key-file=${spec.serviceAccountKeyFile}`,
    `--root-ca-file=${spec.caFile}`,
    '--controllers=*,-nodeipam',
    '--leader-elect=false',
    '--secure-port=0',
    // Its usual 20 requests a second would make a test with many pods wait for nothing.
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    ...spec.extraControllerManagerArgs,
  ];
}

/** Starts both. They work when this returns or soon after; `hasServiceAccount` tells when the first one does. */
export async function startControllers(spec: ControllersSpec): Promise<Child[]> {
  const start = (name: string, args: readonly string[]): Promise<Child> =>
    startChild({ name, command: spec.binaries[name] ?? name, args, runDir: spec.runDir });
  return Promise.all([
    start('kube-controller-manager', controllerManagerArgs(spec)),
    start('kube-scheduler', [`--kubeconfig=${spec.kubeconfig}`, '--leader-elect=false', '--secure-port=0']),
  ]);
}

/** True when pods can be created in a namespace: before, admission refuses them for want of a service account. */
async function hasServiceAccount(client: ApiClient, namespace: string): Promise<boolean> {
  try {
    await client.api('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false;
    throw error;
  }
}

/** Waits until pods can be created in a namespace. */
export function waitForServiceAccount(
  client: ApiClient,
  namespace: string,
  runDir: string,
  children: readonly Child[],
): Promise<void> {
  const what = `namespace ${namespace} got no service account`;
  return waitUntil({ what, timeoutMs: 30_000, runDir, children }, () => hasServiceAccount(client, namespace));
}
