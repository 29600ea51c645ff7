// The clusters that `up` leaves running: one folder for each name, and in it who keeps it and how to reach it.
//
//   <cache>/run/NAME/instance.json
//
// A cluster is kept by a process of its own (serve.ts); it runs while that one runs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readEnvironment } from '../environment.ts';
import { isRunning, parseIdentity, type ProcessIdentity } from '../process/identity.ts';

/** How to reach a cluster. */
export interface Access {
  readonly url: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
}

/** A cluster by its name. */
export interface Instance {
  readonly name: string;
  readonly runDir: string;
  /** Who keeps it; undefined where the record is missing or torn. */
  readonly keeper: ProcessIdentity | undefined;
  /** Undefined while it starts. */
  readonly access: Access | undefined;
}

function runRoot(): string {
  return path.join(readEnvironment().cacheDir, 'run');
}

/** The folder of a name. */
export function runDirOf(name: string): string {
  return path.join(runRoot(), name);
}

/** Puts on record who keeps a cluster and, once it is up, how to reach it. */
export function writeInstance(runDir: string, keeper: ProcessIdentity, access?: Access): void {
  writeFileSync(path.join(runDir, 'instance.json'), JSON.stringify({ keeper, access }), { mode: 0o600 });
}

/** What is on record under a name; never throws. */
export function readInstance(name: string): Instance {
  const runDir = runDirOf(name);
  try {
    const text = readFileSync(path.join(runDir, 'instance.json'), 'utf8');
    const { keeper, access } = JSON.parse(text) as { keeper: unknown; access?: Access };
    return { name, runDir, keeper: parseIdentity(keeper), access };
  } catch {
    return { name, runDir, keeper: undefined, access: undefined };
  }
}

/** True while the cluster runs or is being started or stopped. */
export function isUp(instance: Instance): boolean {
  return instance.keeper !== undefined && isRunning(instance.keeper);
}

/** All names on record. */
export function listInstances(): Instance[] {
  try {
    const folders = readdirSync(runRoot(), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.map((entry) => readInstance(entry.name));
  } catch {
    return [];
  }
}
