// Ends everything a cluster started and takes away what it left, from the records in its folder alone.
//
// This is the only way a cluster is stopped, after a test, on `down`, and by the guard when a test process was killed; so the path for
// accidents is the path that every test walks. Nothing is asked to end nicely, since nothing is to be kept: SIGKILL in the order
// kubelet, containerd, shims, containers, control plane, so that nothing restarts, or tidies up behind, what was killed.
// Idempotent. Only what carries this folder's name is touched.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNodeTraces, readProcesses, RUN_MARKER } from '../run-dir.ts';
import { killCgroup, removeCgroup } from '../node/cgroups.ts';
import { removeBridge } from '../node/network.ts';
import { removeLogLinks, removeShimSockets, unmountBelow } from '../node/mounts.ts';
import { identify, isRunning, signalProcess, type ProcessIdentity } from './identity.ts';

const DEADLINE_MS = 15_000;

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Linux: every process with the marker of this folder in its environment, which children inherit (the shims). */
function markedProcesses(runDir: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return [];
  const marker = `${RUN_MARKER}=${runDir}`;
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    if (!environmentOf(pid).includes(marker)) return [];
    const identity = identify(pid);
    return identity === undefined ? [] : [identity];
  });
}

async function killAndWait(find: () => ProcessIdentity[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let alive = find(); alive.length > 0; alive = find().filter(isRunning)) {
    for (const identity of alive) signalProcess(identity, 'SIGKILL');
    if (performance.now() > deadline) throw new Error(`still running: ${alive.map((one) => one.pid).join(', ')}`);
    await sleep(10);
  }
}

function recorded(runDir: string, name?: string): ProcessIdentity[] {
  const processes = readProcesses(runDir).filter((one) => name === undefined || one.name === name);
  return processes.map((one) => one.identity).filter(isRunning);
}

async function reapNode(runDir: string): Promise<void> {
  const traces = readNodeTraces(runDir);
  if (traces === undefined) return;
  await killAndWait(() => recorded(runDir, 'kubelet'));
  await killAndWait(() => recorded(runDir, 'containerd'));
  await killAndWait(() => markedShims(runDir));
  await killCgroup(traces.cgroup);
  removeShimSockets(runDir);
  removeLogLinks(runDir);
  unmountBelow(runDir);
  await removeCgroup(traces.cgroup);
  removeBridge(traces.bridge);
}

function markedShims(runDir: string): ProcessIdentity[] {
  const onRecord = new Set(recorded(runDir).map((one) => one.pid));
  return markedProcesses(runDir).filter((one) => !onRecord.has(one.pid));
}

/** Ends the cluster of this folder. Rejects, naming what is left, where something can't be ended. */
export async function reap(runDir: string): Promise<void> {
  await reapNode(runDir);
  await killAndWait(() => [...recorded(runDir), ...markedProcesses(runDir)]);
}

/** Removes the folder of a cluster that was reaped; with `keepsLogs` everything stays for reading. */
export function removeRunDir(runDir: string, keepsRunDir: boolean): void {
  if (!keepsRunDir) rmSync(runDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
