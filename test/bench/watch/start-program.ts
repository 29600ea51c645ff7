/**
 * Starts a program of programs.ts and watches it from outside until it is synced: the agent by /readyz, the others by a line
 * on their output. Times count from when the kernel started the process, CPU time from its beginning.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded, type Guarded } from '../../../cmd/demo/guarded.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { cpuMs } from '../process-figures.ts';
import type { Program, Surroundings } from './programs.ts';

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** From its start; ±10 ms, as the kernel tells it. */
  readonly syncedMs: number;
  /** Of all its threads until then. */
  readonly syncedCpuMs: number;
}

export interface StartWishes extends Pick<Surroundings, 'kubeconfig' | 'planeUrl'> {
  readonly environment?: Readonly<Record<string, string>>;
  /** Each line of its output. */
  readonly onLine?: (line: string) => void;
}

const PROBE_EVERY_MS = 5;
/** A probe costs the agent a request: the longer it takes, the rarer it is asked. Precise to a twentieth. */
const PROBE_GROWTH = 0.05;
const SYNC_WITHIN_MS = 300_000;
const STOP_WITHIN_MS = 10_000;
const KEPT_LINES = 20;

/** Resolves when the program is synced. Rejects where it ends before, or takes minutes. */
export async function startProgram(program: Program, wishes: StartWishes): Promise<Running> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-bench-'));
  const { child, output } = await spawned(program, { ...wishes, dataDir }, wishes);
  const stop = async (): Promise<void> => {
    await child.stop(systemClock(), STOP_WITHIN_MS);
    rmSync(dataDir, { recursive: true, force: true });
  };
  const givenUp = new AbortController();
  try {
    await Promise.race([ended(program, child, output), late(program, givenUp.signal), synced(program, output)]);
    return { pid: child.pid, syncedMs: ageMs(child.pid), syncedCpuMs: cpuMs(child.pid), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    givenUp.abort();
  }
}

interface Output {
  /** The last ones. */
  readonly lines: string[];
  readonly saysSynced: PromiseWithResolvers<undefined>;
  readonly port: PromiseWithResolvers<number>;
}

async function spawned(
  program: Program,
  surroundings: Surroundings,
  { environment, onLine }: StartWishes,
): Promise<{ child: Guarded; output: Output }> {
  const output: Output = { lines: [], saysSynced: Promise.withResolvers(), port: Promise.withResolvers() };
  const [file, ...before] = program.command;
  const { PATH, TMPDIR, HOME } = process.env;
  const child = await startGuarded({
    program: file,
    args: [...before, ...program.flags(surroundings)],
    environment: { PATH, TMPDIR, HOME, POD_NAMESPACE: 'default', ...environment },
    onLine: (line) => {
      hear(output, line);
      onLine?.(line);
    },
  });
  return { child, output };
}

function hear({ lines, saysSynced, port }: Output, line: string): void {
  if (lines.push(line) > KEPT_LINES) lines.shift();
  const found = /"port":(\d+),"msg":"serving health and metrics"/.exec(line)?.[1];
  if (found !== undefined) port.resolve(Number(found));
  if (line.includes('synced')) saysSynced.resolve(undefined);
}

async function ended({ name }: Program, child: Guarded, { lines }: Output): Promise<never> {
  const code = await child.ended;
  throw new Error(`${name} ended with ${code} before it was synced:\n${lines.join('\n')}`);
}

async function late({ name }: Program, signal: AbortSignal): Promise<never> {
  await sleep(SYNC_WITHIN_MS, undefined, { ref: false, signal });
  throw new Error(`${name} was not synced within ${SYNC_WITHIN_MS / 1000} s`);
}

async function synced({ syncs }: Program, { saysSynced, port }: Output): Promise<void> {
  if (syncs === 'by line') return saysSynced.promise;
  const url = `http://127.0.0.1:${await port.promise}`;
  const beganMs = performance.now();
  while (!(await isReady(url))) await sleep(Math.max(PROBE_EVERY_MS, (performance.now() - beganMs) * PROBE_GROWTH));
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`);
  await answer.body?.cancel();
  return answer.ok;
}

/** How long a process has been there. Its start is told in ticks of 10 ms since the machine's. */
function ageMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return uptime * 1000 - startTicks * 10;
}
