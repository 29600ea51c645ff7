// `up`, `down` and `status`: starts the keeper of a cluster, ends it, looks at it.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterAvailability, nodeAvailability } from '../availability.ts';
import { withLock } from '../build-lock.ts';
import { isRunning, signalProcess } from '../process/identity.ts';
import { reap, removeRunDir } from '../process/reap.ts';
import { readProcesses } from '../run-dir.ts';
import { isUp, listInstances, readInstance, type Access, type Instance } from './instances.ts';
import type { ServeMessage } from './serve.ts';

const MAIN = path.join(import.meta.dirname, '..', 'main.ts');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function sayAccess(name: string, access: Access): void {
  say(`cluster ${name} is up
  API server   ${access.url}
  kubeconfig   ${access.kubeconfig}

  export KUBECONFIG=${access.kubeconfig}
  ${access.kubectl} get pods --all-namespaces

  npm run cluster -- down${name === 'default' ? '' : ` --name ${name}`}`);
}

function outcomeOf(keeper: ChildProcess): Promise<ServeMessage> {
  return new Promise((resolve) => {
    keeper.once('message', (message) => resolve(message as ServeMessage));
    keeper.once('error', (error) => resolve({ failed: error.message }));
    keeper.once('exit', (code) => resolve({ failed: `its keeper ended with ${code ?? 'a signal'}` }));
  });
}

async function startKeeper(name: string, flags: readonly string[]): Promise<ServeMessage> {
  const args = [MAIN, 'serve', '--name', name, ...flags];
  const keeper = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const outcome = await outcomeOf(keeper);
  if (keeper.connected) keeper.disconnect();
  keeper.unref();
  return outcome;
}

/** Takes away what a cluster left whose keeper and guard are both gone. */
async function cleanUp(instance: Instance): Promise<void> {
  if (!existsSync(instance.runDir)) return;
  await reap(instance.runDir);
  removeRunDir(instance.runDir, false);
}

function sayThatItIsThere({ name, access }: Instance): number {
  if (access === undefined) {
    process.stderr.write(`cluster ${name} is being started or stopped\n`);
    return 1;
  }
  sayAccess(name, access);
  return 0;
}

async function upAlone(name: string, node: boolean, controllers: boolean): Promise<number> {
  const instance = readInstance(name);
  if (isUp(instance)) return sayThatItIsThere(instance);
  await cleanUp(instance);
  // Asked here as well as by the keeper, so that the progress of a build is seen.
  const machine = await (node ? nodeAvailability() : clusterAvailability({ controllers }));
  const flags = [...(node ? ['--node'] : []), ...(controllers ? [] : ['--api-only'])];
  const outcome = machine.available ? await startKeeper(name, flags) : { failed: machine.reason };
  if ('failed' in outcome) {
    process.stderr.write(`cluster ${name} did not start: ${outcome.failed}\n`);
    return 1;
  }
  sayAccess(name, outcome.ready);
  return 0;
}

/** Starts a cluster and leaves it running; where it runs already, says how to reach it. */
export function up(name: string, node: boolean, controllers: boolean): Promise<number> {
  const { runDir } = readInstance(name);
  const wait = (pid: number): void => say(`waiting for process ${pid}, which starts ${name}`);
  return withLock(
    `${runDir}.lock`,
    (holder) => wait(holder.pid),
    () => upAlone(name, node, controllers),
  );
}

/** Ends a cluster and waits until nothing of it is left; where none runs, takes away what one may have left. */
export async function down(name: string): Promise<number> {
  const instance = readInstance(name);
  const wasThere = existsSync(instance.runDir);
  const { keeper } = instance;
  if (keeper !== undefined && signalProcess(keeper, 'SIGTERM')) while (isRunning(keeper)) await sleep(50);
  await cleanUp(instance);
  say(wasThere ? `cluster ${name} is down` : `there is no cluster ${name}`);
  return 0;
}

function sayStatus(instance: Instance): void {
  const state = isUp(instance) ? 'up' : 'down, not cleaned up (run down)';
  say(`${instance.name}: ${state}`);
  if (!isUp(instance) || instance.access === undefined) return;
  say(
    `  API server   ${instance.access.url}\n  kubeconfig   ${instance.access.kubeconfig}\n  logs         ${instance.runDir}/logs`,
  );
  for (const one of readProcesses(instance.runDir)) {
    say(`  ${one.name.padEnd(24)} pid ${one.identity.pid}${isRunning(one.identity) ? '' : ', gone'}`);
  }
}

/** Says what runs. The exit code is 0 where everything asked for is up, else 1. */
export function status(name: string | undefined): number {
  const wanted = name === undefined ? listInstances() : [readInstance(name)].filter((one) => existsSync(one.runDir));
  if (wanted.length === 0) say(name === undefined ? 'no cluster' : `there is no cluster ${name}`);
  wanted.forEach(sayStatus);
  return wanted.length > 0 && wanted.every(isUp) ? 0 : 1;
}
