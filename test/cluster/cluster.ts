// A real Kubernetes for tests: etcd and kube-apiserver, with controllers and a node where asked for.
//
//   await using cluster = await startCluster({ controllers: true });
//
// Promises: it works when startCluster() returns; any number run side by side; nothing of it is left when it stops, when starting
// fails, and when the process that started it is killed. It does not look for missing binaries' reasons: ask
// clusterAvailability() first and skip.
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterAvailability, nodeAvailability, type NodeAvailability } from './availability.ts';
import { createApiClient, type ApiClient } from './control-plane/api-client.ts';
import { auditLogOf, caFileOf, createApiServer, type ApiServer } from './control-plane/apiserver.ts';
import { startControllers, waitForServiceAccount } from './control-plane/controllers.ts';
import { knownUsers, writeKubeconfig, writeServiceAccountKey, writeTokenFile } from './control-plane/credentials.ts';
import type { KnownUser } from './control-plane/credentials.ts';
import { startEtcd, type Etcd } from './control-plane/etcd.ts';
import { freePort } from './control-plane/ports.ts';
import { readEnvironment } from './environment.ts';
import { kubectl } from './kubectl.ts';
import { startNode, type ClusterNode } from './node/node.ts';
import type { Cluster, ClusterOptions } from './options.ts';
import type { Child } from './process/child.ts';
import { startGuard, type Guard } from './process/guarded.ts';
import { createRunDir, readProcesses } from './run-dir.ts';

type Available =
  | Extract<NodeAvailability, { available: true }>
  | Extract<Awaited<ReturnType<typeof clusterAvailability>>, { available: true }>;

/** What all parts need to know before any of them runs. */
interface Plan {
  readonly options: ClusterOptions;
  readonly hasControllers: boolean;
  readonly machine: Available;
  readonly runDir: string;
  readonly users: readonly [KnownUser, ...KnownUser[]];
  readonly port: number;
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly serviceAccountKeyFile: string;
}

/** What runs. */
interface Parts {
  readonly client: ApiClient;
  readonly etcd: Etcd;
  readonly apiServer: ApiServer;
  readonly controllers: readonly Child[];
  readonly node: ClusterNode | undefined;
}

/** Sockets below the folder must fit into sun_path, 108 bytes (unix(7)). */
const LONGEST_RUN_DIR = 60;

async function findMachine(options: ClusterOptions, hasControllers: boolean): Promise<Available> {
  const { kubernetes } = options;
  const answer = await (options.node === true
    ? nodeAvailability({ kubernetes })
    : clusterAvailability({ kubernetes, controllers: hasControllers }));
  if (!answer.available) throw new Error(answer.reason);
  return answer;
}

/** The real path: mounts below it are found by their real names. */
function claimRunDir(wanted: string | undefined): string {
  const runDir = wanted ?? mkdtempSync(path.join(tmpdir(), 'watcher-cluster-'));
  createRunDir(runDir);
  if (readProcesses(runDir).length > 0) throw new Error(`a cluster runs in ${runDir}`);
  return realpathSync(runDir);
}

async function makePlan(options: ClusterOptions, runDir: string): Promise<Plan> {
  const hasControllers = options.node === true || options.controllers === true;
  const machine = await findMachine(options, hasControllers);
  const users = knownUsers(options.tokenUsers ?? []) as unknown as Plan['users'];
  if (options.node === true && runDir.length > LONGEST_RUN_DIR) throw new Error(`too long for sockets: ${runDir}`);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigPath = writeKubeconfig(runDir, { url, caFile: caFileOf(runDir) }, users[0]);
  const serviceAccountKeyFile = path.join(runDir, 'service-account.key');
  return { options, hasControllers, machine, runDir, users, port, url, kubeconfigPath, serviceAccountKeyFile };
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

async function startParts(plan: Plan): Promise<Parts> {
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

function userNamed(plan: Plan, name: string): KnownUser {
  const user = plan.users.find((one) => one.user === name);
  if (user === undefined) throw new Error(`no user ${name}; there are ${plan.users.map((one) => one.user).join(', ')}`);
  return user;
}

async function createNamespace(plan: Plan, parts: Parts, name: string, labels: Record<string, string>): Promise<void> {
  await parts.client.api('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  if (plan.hasControllers) await waitForServiceAccount(parts.client, name, plan.runDir, parts.controllers);
}

function apiServerFace(apiServer: ApiServer) {
  return {
    startApiServer: apiServer.start,
    stopApiServer: apiServer.stop,
    pauseApiServer: apiServer.pause,
    resumeApiServer: apiServer.resume,
    restartApiServer: async ({ downMs = 0, ...how }: Parameters<Cluster['restartApiServer']>[0] = {}) => {
      await apiServer.stop(how);
      await sleep(downMs);
      await apiServer.start();
    },
  };
}

function assemble(plan: Plan, parts: Parts, stop: () => Promise<void>): Cluster {
  const { runDir, url, kubeconfigPath } = plan;
  const caFile = caFileOf(runDir);
  const target = { binary: plan.machine.binaries['kubectl'] ?? '', kubeconfig: kubeconfigPath, home: runDir };
  return {
    url,
    caFile,
    adminToken: plan.users[0].token,
    kubeconfigPath,
    runDir,
    auditLogFile: auditLogOf(runDir),
    node: parts.node,
    kubeconfigFor: (user) => writeKubeconfig(runDir, { url, caFile }, userNamed(plan, user)),
    tokenFor: (user) => userNamed(plan, user).token,
    api: parts.client.api,
    kubectl: (args, stdin) => kubectl(target, args, stdin),
    createNamespace: (name, labels = {}) => createNamespace(plan, parts, name, labels),
    ...apiServerFace(parts.apiServer),
    compactEtcd: parts.etcd.compact,
    processes: () => readProcesses(runDir),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function stopOnce(guard: Guard): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= guard.release());
}

/** Starts a cluster. Rejects with a reason where this machine can't run it, and with the end of a log where a part fails. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const runDir = claimRunDir(options.runDir);
  const guard = startGuard(runDir, readEnvironment().keepsRunDir);
  try {
    const plan = await makePlan(options, runDir);
    const parts = await startParts(plan);
    const stop = stopOnce(guard);
    return assemble(plan, parts, async () => {
      parts.client.disconnect();
      await stop();
    });
  } catch (error) {
    await guard.release();
    throw error;
  }
}
