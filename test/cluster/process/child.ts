// One process of a cluster: started detached, logging to a file, on record until it has ended.
//
// Promise: it is on record before start() returns, and neither the process nor its log keeps our event loop alive, so a
// test that fails without stopping its cluster still ends (and the guard cleans up). No shell, no inherited environment.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logFileOf, logTail, recordProcess, RUN_MARKER } from '../run-dir.ts';
import { identify } from './identity.ts';

/** What to run. */
export interface ChildSpec {
  /** Name of its log and record. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Folder of the cluster it belongs to. */
  readonly runDir: string;
  /** Folders searched for commands before the usual ones. */
  readonly searchPath?: readonly string[];
}

/** A running process of a cluster. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Why it ended ("exit code 1", "signal SIGKILL"); stays undefined while it runs. */
  readonly ending: () => string | undefined;
  /** Asks it to end and waits; SIGKILL after `graceMs`. Does nothing where it has ended. */
  readonly stop: (signal?: NodeJS.Signals, graceMs?: number) => Promise<void>;
  /** Sends a signal without waiting (SIGSTOP, SIGCONT). */
  readonly signal: (signal: NodeJS.Signals) => void;
}

const DEFAULT_GRACE_MS = 10_000;
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function environmentOf(spec: ChildSpec): NodeJS.ProcessEnv {
  return {
    PATH: [...(spec.searchPath ?? []), ...SYSTEM_PATH].join(':'),
    HOME: spec.runDir,
    TMPDIR: path.join(spec.runDir, 'tmp'),
    [RUN_MARKER]: spec.runDir,
  };
}

function launch(spec: ChildSpec): Promise<ChildProcess> {
  const log = openSync(logFileOf(spec.runDir, spec.name), 'a');
  // Detached: a session of its own, or Ctrl-C in a terminal would end the parts in any order.
  const options = { cwd: spec.runDir, env: environmentOf(spec), detached: true };
  const child = spawn(spec.command, spec.args, { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child));
  });
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const patience = new AbortController();
  const kill = sleep(graceMs, undefined, { signal: patience.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  );
  await ended;
  patience.abort();
  await kill;
}

/** Starts a process. Rejects where the command can't be run; an early end shows in `ending`. */
export async function startChild(spec: ChildSpec): Promise<Child> {
  const child = await launch(spec);
  const pid = child.pid ?? 0;
  const identity = identify(pid);
  const forget = identity === undefined ? (): void => undefined : recordProcess(spec.runDir, spec.name, identity);
  let ending: string | undefined;
  child.once('exit', (code, signal) => {
    ending = signal === null ? `exit code ${code ?? 0}` : `signal ${signal}`;
    forget();
  });
  child.unref();
  return {
    name: spec.name,
    pid,
    ending: () => ending,
    stop: (signal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS) => stopChild(child, signal, graceMs),
    signal: (signal) => void child.kill(signal),
  };
}

/** How long to wait for something a process has to do first. */
export interface Patience {
  readonly what: string;
  readonly timeoutMs: number;
  readonly runDir: string;
  /** Processes without which waiting is in vain. */
  readonly children: readonly Child[];
}

/** Asks until the answer is yes. Rejects at once where a process ended, or at the deadline, with the end of its log. */
export async function waitUntil(patience: Patience, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience.timeoutMs;
  while (!(await isTrue())) {
    const dead = patience.children.find((child) => child.ending() !== undefined);
    const isLate = performance.now() > deadline;
    if (dead === undefined && !isLate) {
      await sleep(40);
      continue;
    }
    const culprit = dead ?? patience.children[0];
    const why =
      dead === undefined ? `not within ${patience.timeoutMs} ms` : `${dead.name} ended: ${dead.ending() ?? ''}`;
    throw new Error(`${patience.what}: ${why}\n${logTail(patience.runDir, culprit?.name ?? '')}`);
  }
}
