// What all parts of a cluster need to know before any of them runs: binaries, folder, port, users.
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  clusterAvailability,
  nodeAvailability,
  type ClusterAvailability,
  type NodeAvailability,
} from './availability.ts';
import { caFileOf } from './control-plane/apiserver.ts';
import { knownUsers, writeKubeconfig, type KnownUser } from './control-plane/credentials.ts';
import { freePort } from './control-plane/ports.ts';
import type { ClusterOptions } from './options.ts';
import { createRunDir, readProcesses } from './run-dir.ts';

/** Binaries, and the tools of a node where one is asked for. */
type Machine = Extract<ClusterAvailability | NodeAvailability, { available: true }>;

/** Everything that is decided before starting. The first user is the administrator. */
export interface Plan {
  readonly options: ClusterOptions;
  readonly hasControllers: boolean;
  readonly machine: Machine;
  readonly runDir: string;
  readonly users: readonly [KnownUser, ...KnownUser[]];
  readonly port: number;
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly serviceAccountKeyFile: string;
}

/** Sockets below the folder must fit into sun_path, 108 bytes (unix(7)). */
const LONGEST_RUN_DIR = 60;

async function findMachine(options: ClusterOptions, hasControllers: boolean): Promise<Machine> {
  const { kubernetes } = options;
  const answer = await (options.node === true
    ? nodeAvailability({ kubernetes })
    : clusterAvailability({ kubernetes, controllers: hasControllers }));
  if (!answer.available) throw new Error(answer.reason);
  return answer;
}

/**
 * Takes a folder, a new one where none is wanted; its real path, since mounts below it are found by their real names. Throws where a
 * cluster runs in it.
 */
export function claimRunDir(wanted: string | undefined): string {
  const runDir = wanted ?? mkdtempSync(path.join(tmpdir(), 'watcher-cluster-'));
  createRunDir(runDir);
  if (readProcesses(runDir).length > 0) throw new Error(`a cluster runs in ${runDir}`);
  return realpathSync(runDir);
}

/** Decides everything. Rejects with a reason where this machine can't run what is asked for. */
export async function makePlan(options: ClusterOptions, runDir: string): Promise<Plan> {
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
