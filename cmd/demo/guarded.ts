/**
 * A program that runs beside the demo or a benchmark, with its output line by line. It is stopped in order by stop(), and
 * by its guard (guard.ts) where this process ends without having done so. It is in a process group of its own, so Ctrl-C
 * in a terminal reaches it only through us.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sleep, type Clock } from '../../internal/platform/clock.ts';

export interface GuardedOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDir?: string;
  /** Removed where the program is orphaned. */
  readonly folder?: string;
  /** Each line of standard output and standard error. */
  readonly onLine: (line: string) => void;
}

export interface Guarded {
  readonly pid: number;
  /** Resolves with the exit code, or 1 where a signal ended it; all its output has been read by then. */
  readonly ended: Promise<number>;
  readonly hasEnded: () => boolean;
  /** SIGTERM, and SIGKILL to the whole group after `graceMs`. Resolves with the exit code. */
  readonly stop: (clock: Clock, graceMs: number) => Promise<number>;
}

const GUARD = path.join(import.meta.dirname, 'guard.ts');

/** Starts a program. Rejects where it can't be run. */
export async function startGuarded(options: GuardedOptions): Promise<Guarded> {
  const { program, args, environment, workingDir, folder = '', onLine } = options;
  const guard = spawn(process.execPath, [GUARD, folder, program, ...args], {
    detached: true,
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
  });
  for (const stream of [guard.stdout, guard.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }
  let hasEnded = false;
  const ended = new Promise<number>((resolve) => {
    guard.once('close', (code) => {
      hasEnded = true;
      resolve(code ?? 1);
    });
  });
  const pid = await pidFrom(guard, program);
  const stop = async (clock: Clock, graceMs: number): Promise<number> => {
    if (guard.connected) guard.send('SIGTERM', () => undefined);
    const patience = new AbortController();
    const isLate = sleep(clock, graceMs, patience.signal).then(() => !patience.signal.aborted);
    await Promise.race([ended, isLate]);
    patience.abort();
    if (!hasEnded) killGroup(guard);
    return ended;
  };
  return { pid, ended, hasEnded: () => hasEnded, stop };
}

function pidFrom(guard: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    guard.once('message', (message) => resolve((message as { pid: number }).pid));
    guard.once('error', reject);
    guard.once('close', () => reject(new Error(`${program} could not be run`)));
  });
}

function killGroup(guard: ChildProcess): void {
  try {
    if (guard.pid !== undefined) process.kill(-guard.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
