// The control group below which all containers of one node run; by it they are found and ended, whoever their parents were.
//
// Works on cgroup v1 (one hierarchy a controller) and v2 (one for all). Linux only.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
const DEADLINE_MS = 10_000;
/** What the kubelet asks a control group for. */
const CONTROLLERS = ['cpuset', 'cpu', 'memory', 'pids'];

function isUnified(): boolean {
  return existsSync(path.join(ROOT, 'cgroup.controllers'));
}

function mountsOf(...types: string[]): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return mounts
    .map((line) => line.split(' '))
    .flatMap(([, dir = '', type = '']) => (types.includes(type) ? [dir] : []));
}

/** Where the kubelet expects its control group: in the one hierarchy of v2, in each controller's on v1. */
function hierarchies(): string[] {
  return isUnified() ? [ROOT] : mountsOf('cgroup');
}

/** Why no control group can be made here, or undefined where it can. */
export function cgroupProblem(): string | undefined {
  try {
    if (isUnified()) {
      const offered = readFileSync(path.join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ');
      const missing = CONTROLLERS.filter((name) => !offered.includes(name));
      return missing.length === 0 ? undefined : `cgroup v2 does not offer ${missing.join(', ')}`;
    }
    const mounted = hierarchies().flatMap((dir) => path.basename(dir).split(','));
    const missing = CONTROLLERS.filter((name) => !mounted.includes(name));
    return missing.length === 0 ? undefined : `cgroup v1 has no ${missing.join(', ')}`;
  } catch (error) {
    return `control groups can't be read: ${String(error)}`;
  }
}

/** Makes the control group in every hierarchy. */
export function createCgroup(name: string): void {
  if (isUnified()) {
    writeFileSync(path.join(ROOT, 'cgroup.subtree_control'), CONTROLLERS.map((one) => `+${one}`).join(' '));
  }
  for (const root of hierarchies()) mkdirSync(path.join(root, name), { recursive: true });
}

function groupsBelow(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...entries.flatMap((entry) => groupsBelow(path.join(dir, entry.name))), dir];
  } catch {
    return [];
  }
}

function groupsNamed(name: string): string[] {
  // On v1, runc also uses a v2 hierarchy without controllers where one is mounted beside the others.
  return mountsOf('cgroup', 'cgroup2').flatMap((root) => groupsBelow(path.join(root, name)));
}

function processesIn(group: string): number[] {
  try {
    return readFileSync(path.join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended in between.
  }
}

/** Kills everything in the control group and below it, and waits for it. */
export async function killCgroup(name: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const pids = [...new Set(groupsNamed(name).flatMap(processesIn))].filter((pid) => pid > 1);
    if (pids.length === 0) return;
    if (performance.now() > deadline) throw new Error(`containers still running: ${pids.join(', ')}`);
    pids.forEach(killOne);
    await sleep(10);
  }
}

function remove(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return !existsSync(group);
  }
}

/** Removes the control group and those below it. The kernel says busy for a moment after the last process ended. */
export async function removeCgroup(name: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let left = groupsNamed(name); left.length > 0; left = groupsNamed(name)) {
    const stuck = left.filter((group) => !remove(group));
    if (stuck.length === 0) return;
    if (performance.now() > deadline) throw new Error(`control groups still there: ${stuck.join(', ')}`);
    await sleep(20);
  }
}
