// The folder of one running cluster: data, logs, credentials, and the record of what has to be cleaned up.
//
//   processes/<nn>-<name>.json  identity of each process, numbered in the order of starting
//   node.json                   what the node made outside this folder (control groups, a bridge); written before it is made
//   logs/<name>.log             what each process printed
//
// The records are on disk, not in memory, because the process that cleans up is not the one that made the mess.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseIdentity, type ProcessIdentity } from './process/identity.ts';

/** Each process of a cluster carries this variable with the cluster's folder, so that its children can be found too. */
export const RUN_MARKER = 'WATCHER_CLUSTER_RUN';

/** A process on record. */
export interface RecordedProcess {
  readonly name: string;
  readonly identity: ProcessIdentity;
}

/** What a node makes outside the run folder. */
export interface NodeTraces {
  /** Control group below which all its containers run, e.g. "/watcher-1f0c". */
  readonly cgroup: string;
  /** Network bridge of its pods. */
  readonly bridge: string;
}

/** Makes the folder's layout. Readable by its owner only: it holds tokens and keys. */
export function createRunDir(runDir: string): void {
  for (const part of ['', 'processes', 'logs', 'tmp'])
    mkdirSync(path.join(runDir, part), { recursive: true, mode: 0o700 });
}

/** Where a process of the cluster writes what it has to say. */
export function logFileOf(runDir: string, name: string): string {
  return path.join(runDir, 'logs', `${name}.log`);
}

/** The end of a log, for the text of an error. */
export function logTail(runDir: string, name: string, lines = 12): string {
  try {
    return readFileSync(logFileOf(runDir, name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

/** Puts a process on record; returns how to take it off again. */
export function recordProcess(runDir: string, name: string, identity: ProcessIdentity): () => void {
  const dir = path.join(runDir, 'processes');
  const last = Math.max(0, ...readdirSync(dir).map((entry) => Number.parseInt(entry, 10)));
  const file = path.join(dir, `${String(last + 1).padStart(4, '0')}-${name}.json`);
  writeFileSync(file, JSON.stringify(identity));
  return () => rmSync(file, { force: true });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

/** All processes on record, in the order of starting. A torn record is passed over. */
export function readProcesses(runDir: string): RecordedProcess[] {
  const dir = path.join(runDir, 'processes');
  return entriesOf(dir).flatMap((entry) => {
    const identity = parseIdentity(readJson(path.join(dir, entry)));
    return identity === undefined ? [] : [{ name: entry.replace(/^\d+-|\.json$/g, ''), identity }];
  });
}

/** Notes what a node is about to make outside the folder. */
export function recordNodeTraces(runDir: string, traces: NodeTraces): void {
  writeFileSync(path.join(runDir, 'node.json'), JSON.stringify(traces));
}

/** What a node left outside the folder, or undefined where the cluster has none. */
export function readNodeTraces(runDir: string): NodeTraces | undefined {
  const value = readJson(path.join(runDir, 'node.json'));
  if (typeof value !== 'object' || value === null) return undefined;
  const { cgroup, bridge } = value as Record<string, unknown>;
  if (typeof cgroup !== 'string' || typeof bridge !== 'string') return undefined;
  // Both name things that are deleted as root: only names this project gives are believed.
  return /^\/watcher-[0-9a-f]+$/.test(cgroup) && /^wtc[0-9a-f]+$/.test(bridge) ? { cgroup, bridge } : undefined;
}
