// Starts the parts of a cluster in order: etcd, API server, then controllers and node at once.
import path from 'node:path';
import type { Plan } from './plan.ts';
import { createApiClient, type ApiClient } from './control-plane/api-client.ts';
import { caFileOf, createApiServer, type ApiServer } from './control-plane/apiserver.ts';
import { startControllers, waitForServiceAccount } from './control-plane/controllers.ts';
import { writeServiceAccountKey, writeTokenFile } from './control-plane/credentials.ts';
import { startEtcd, type Etcd } from './control-plane/etcd.ts';
import { startNode, type ClusterNode } from './node/node.ts';
import type { ClusterOptions } from './options.ts';
import type { Child } from './process/child.ts';

/** What runs. */
export interface Parts {
  readonly client: ApiClient;
  readonly etcd: Etcd;
  readonly apiServer: ApiServer;
  readonly controllers: readonly Child[];
  readonly node: ClusterNode | undefined;
}

function apiServerArgs(options: ClusterOptions): string[] {
  const { etcdCompactionIntervalMs: interval, watchCache = true, extraApiserverArgs = [] } = options;
  const compaction = interval === undefined ? [] : [`--etcd-compaction-interval=${interval}ms`];
  return [...compaction, `--watch-cache=${watchCache}`, ...extraApiserverArgs];
}

function planApiServer(plan: Plan, etcdUrl: string, client: ApiClient): ApiServer {
  const { runDir, port, hasControllers, serviceAccountKeyFile, options } = plan;
  const tokenFile = path.join(runDir, 'tokens.csv');
  writeTokenFile(tokenFile, plan.users);
  const binary = plan.machine.binaries['kube-apiserver'] ?? '';
  const { auditPolicy } = options;
  const extraArgs = apiServerArgs(options);
  const spec = {
    binary,
    runDir,
    port,
    etcdUrl,
    tokenFile,
    serviceAccountKeyFile,
    hasControllers,
    auditPolicy,
    extraArgs,
  };
  return createApiServer(spec, client);
}

async function startControllersOf(plan: Plan, client: ApiClient): Promise<Child[]> {
  if (!plan.hasControllers) return [];
  const { runDir, kubeconfigPath: kubeconfig, serviceAccountKeyFile, options } = plan;
  const extraControllerManagerArgs = options.extraControllerManagerArgs ?? [];
  const { binaries } = plan.machine;
  const caFile = caFileOf(runDir);
  const spec = { binaries, runDir, kubeconfig, caFile, serviceAccountKeyFile, extraControllerManagerArgs };
  const children = await startControllers(spec);
  await waitForServiceAccount(client, 'default', runDir, children);
  return children;
}

async function startNodeOf(plan: Plan, client: ApiClient): Promise<ClusterNode | undefined> {
  const { machine, options, runDir } = plan;
  if (!('tools' in machine)) return undefined;
  const { nodeName: name = 'node-1', extraKubeletConfig = {} } = options;
  const { binaries, tools } = machine;
  return startNode({ binaries, runDir, kubeconfig: plan.kubeconfigPath, name, ...tools, extraKubeletConfig }, client);
}

/** Starts everything; all of it works when this returns. What was started before a failure is left to the guard. */
export async function startParts(plan: Plan): Promise<Parts> {
  const client = createApiClient(plan.url, caFileOf(plan.runDir), plan.users[0].token);
  const keyWritten = writeServiceAccountKey(plan.serviceAccountKeyFile);
  const [etcd] = await Promise.all([startEtcd(plan.machine.binaries['etcd'] ?? '', plan.runDir), keyWritten]);
  const apiServer = planApiServer(plan, etcd.url, client);
  await apiServer.start();
  // Settled, not raced: nothing may still be starting while a failure is being cleaned up.
  const started = await Promise.allSettled([startControllersOf(plan, client), startNodeOf(plan, client)]);
  return { client, etcd, apiServer, controllers: valueOf(started[0]), node: valueOf(started[1]) };
}

function valueOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
