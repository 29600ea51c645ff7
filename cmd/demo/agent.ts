/**
 * The agent of the demo and of the benchmarks: the built bin/watcher where there is one, else the sources, with a data
 * directory that goes with it. It is ready when its own probe says so.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import { startGuarded, type Guarded } from './guarded.ts';
import { DemoProblem } from './problem.ts';

export interface AgentWishes {
  /** Beside --data-dir, which is made here. */
  readonly flags: Readonly<Record<string, string>>;
  /** All it sees of the environment; settings of the user's own agent in it would change the demo's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** What is run; default program(). */
  readonly program?: Program;
  readonly onLine?: (line: string) => void;
  readonly readyWithinMs?: number;
  /** Goes with the agent where we don't live to remove it, beside its data directory, which always goes. */
  readonly folder?: string;
}

export interface RunningAgent {
  readonly pid: number;
  /** What runs: bin/watcher, or the sources. */
  readonly name: string;
  /** Base URL of health and metrics. */
  readonly url: string;
  /** Its status page; undefined where it serves none, or not yet. */
  readonly statusUrl: () => string | undefined;
  readonly hasEnded: () => boolean;
  readonly ended: Promise<number>;
  /** Last lines it said. */
  readonly lastLines: () => string;
  /** In order, as SIGTERM asks; resolves with its exit code. Its data directory is removed. */
  readonly stop: () => Promise<number>;
}

export interface Program {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const ROOT = path.join(import.meta.dirname, '..', '..');
const STOP_WITHIN_MS = 30_000;
const KEPT_LINES = 15;

export const sources: Program = {
  name: 'the sources',
  command: [process.execPath, path.join(ROOT, 'cmd/watcher/main.ts')],
};
export const built: Program = { name: 'bin/watcher', command: [path.join(ROOT, 'bin/watcher')] };

/** What was built, where it was. */
export function program(): Program {
  const isBuilt = existsSync(path.join(ROOT, 'bin/watcher')) && existsSync(path.join(ROOT, 'dist/watcher.js'));
  return isBuilt ? built : sources;
}

/** Starts an agent; resolves when it is ready. Throws AGENT_FAILED with its last words where it isn't in time. */
export async function startAgent(wishes: AgentWishes): Promise<RunningAgent> {
  const { clock, onLine, environment } = wishes;
  const folder = wishes.folder ?? mkdtempSync(path.join(tmpdir(), 'watcher-agent-'));
  const dataDir = path.join(folder, 'data');
  const lines: string[] = [];
  let url: string | undefined;
  let statusUrl: string | undefined;
  const hear = (line: string): void => {
    if (lines.push(line) > KEPT_LINES) lines.shift();
    url ??= addressIn(line, 'serving health and metrics');
    statusUrl ??= addressIn(line, 'serving status and profiles');
    onLine?.(line);
  };
  const { name, command: words } = wishes.program ?? program();
  const [command, ...before] = words;
  const args = [...before, ...flagList({ ...wishes.flags, 'data-dir': dataDir })];
  const child = await startGuarded({ program: command, args, environment, folder, onLine: hear });
  const lastLines = (): string => lines.join('\n');
  const stop = async (): Promise<number> => {
    const code = await child.stop(clock, STOP_WITHIN_MS);
    rmSync(wishes.folder === undefined ? folder : dataDir, { recursive: true, force: true });
    return code;
  };
  try {
    const base = await readiness(child, () => url, clock, wishes.readyWithinMs ?? 30_000);
    const { pid, hasEnded, ended } = child;
    return { pid, name, url: base, statusUrl: () => statusUrl, hasEnded, ended, lastLines, stop };
  } catch (error) {
    await stop();
    throw new DemoProblem('AGENT_FAILED', `${(error as Error).message}\n${lastLines()}`);
  }
}

function flagList(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** Where the agent serves something, as it logs it. */
function addressIn(line: string, what: string): string | undefined {
  return line.includes(what) ? `http://127.0.0.1:${/"port":(\d+)/.exec(line)?.[1]}` : undefined;
}

/** Asks until the agent says that it is ready. Its base URL. */
async function readiness(
  child: Guarded,
  url: () => string | undefined,
  clock: Clock,
  withinMs: number,
): Promise<string> {
  const deadlineMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const base = url();
    if (base !== undefined && (await isReady(base))) return base;
    if (child.hasEnded()) throw new Error(`the agent ended with exit code ${await child.ended}`);
    if (clock.monotonicMs() > deadlineMs) throw new Error(`the agent was not ready within ${withinMs / 1000} s`);
    await sleep(clock, 20);
  }
}

async function isReady(base: string): Promise<boolean> {
  try {
    const answer = await fetch(`${base}/readyz`);
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
