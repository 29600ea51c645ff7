// The process that keeps a cluster which `up` started: it runs until it is told to end, and tells `up` how it went.
//
// When it is killed its guard stops the cluster, so a cluster never outlives its keeper.
import { clusterAvailability } from '../availability.ts';
import { startCluster } from '../cluster.ts';
import { identify } from '../process/identity.ts';
import { createRunDir } from '../run-dir.ts';
import { runDirOf, writeInstance, type Access } from './instances.ts';

/** What is told to `up`. */
export type ServeMessage = { readonly ready: Access } | { readonly failed: string };

function tell(message: ServeMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    // A signal listener alone does not keep a process running.
    const keepAlive = setInterval(() => undefined, 60_000);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.once(signal, () => {
        clearInterval(keepAlive);
        resolve();
      });
    }
  });
}

async function keep(name: string, node: boolean, controllers: boolean): Promise<void> {
  const runDir = runDirOf(name);
  const ended = askedToEnd();
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process can not be identified');
  // On record before it makes anything: a second `up` in the same moment must see that the folder is taken.
  createRunDir(runDir);
  writeInstance(runDir, self);
  await using cluster = await startCluster({ runDir, node, controllers });
  const found = await clusterAvailability({ mayBuild: false });
  const kubectl = found.available ? (found.binaries['kubectl'] ?? 'kubectl') : 'kubectl';
  const access = { url: cluster.url, kubeconfig: cluster.kubeconfigPath, kubectl };
  writeInstance(runDir, self, access);
  await tell({ ready: access });
  if (process.connected) process.disconnect();
  await ended;
}

/** Starts a cluster and keeps it until a signal. Returns the exit code. */
export async function serve(name: string, node: boolean, controllers: boolean): Promise<number> {
  try {
    await keep(name, node, controllers);
    return 0;
  } catch (error) {
    await tell({ failed: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}
