// A real Kubernetes for tests: etcd and kube-apiserver, with controllers and a node where asked for.
//
//   await using cluster = await startCluster({ controllers: true });
//
// Promises: it works when startCluster() returns; any number run side by side; nothing of it is left when it stops, when starting
// fails, and when the process that started it is killed. It never skips: a test asks clusterAvailability() first.
import { setTimeout as sleep } from 'node:timers/promises';
import { auditLogOf, caFileOf, type ApiServer } from './control-plane/apiserver.ts';
import { waitForServiceAccount } from './control-plane/controllers.ts';
import { writeKubeconfig, type KnownUser } from './control-plane/credentials.ts';
import { readEnvironment } from './environment.ts';
import { kubectl } from './kubectl.ts';
import type { Cluster, ClusterOptions } from './options.ts';
import { startParts, type Parts } from './parts.ts';
import { claimRunDir, makePlan, type Plan } from './plan.ts';
import { startGuard, type Guard } from './process/guarded.ts';
import { readProcesses } from './run-dir.ts';

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
