/**
 * The programs that are compared, started the same way and watched from outside: the agent as it is shipped, and informers
 * as a Node and a Go agent would use them. A program counts as synced when it says so: the agent by /readyz, the others by a
 * line on their output.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGuarded, type Guarded } from '../../../cmd/demo/guarded.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { cpuMs } from '../process-figures.ts';
import { informerBinary } from './informer-binary.ts';

export interface Program {
  readonly name: 'watcher' | 'client-node' | 'client-go';
  /** What comes before the flags. */
  readonly command: readonly [string, ...string[]];
  readonly flags: (kubeconfig: string) => readonly string[];
  readonly syncs: 'by probe' | 'by line';
}

export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** From its start. */
  readonly syncedMs: number;
  /** Of all its threads until then. */
  readonly syncedCpuMs: number;
  /** Of the agent: base of its probes and metrics. */
  readonly url: string | undefined;
}

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const AGENT = path.join(ROOT, 'bin/watcher');
const PROBE_EVERY_MS = 10;
const SYNC_WITHIN_MS = 300_000;
const STOP_WITHIN_MS = 10_000;

/** All parts of it, but for a plane: what would be told is written to the log. */
export const watcher: Program = {
  name: 'watcher',
  command: [AGENT],
  flags: (kubeconfig) => [...agentFlags(kubeconfig), '--dry-run', '--restate-url=http://127.0.0.1:9'],
  syncs: 'by probe',
};

/** With a plane, and its outbox on disk. */
export function watcherOnDisk(planeUrl: string, dataDir: string): Program {
  const wired = [`--restate-url=${planeUrl}`, `--data-dir=${dataDir}`, '--outbox=durable', '--leader-elect=false'];
  return { ...watcher, flags: (kubeconfig) => [...agentFlags(kubeconfig), ...wired] };
}

function agentFlags(kubeconfig: string): string[] {
  const scope = ['--watch-namespace-mode=all', `--kubeconfig=${kubeconfig}`];
  return [...scope, '--cluster-id=bench', '--http-listen=127.0.0.1:0'];
}

export const clientNode: Program = {
  name: 'client-node',
  command: [process.execPath, path.join(import.meta.dirname, '../naive-agent.ts')],
  flags: (kubeconfig) => [kubeconfig, 'http://127.0.0.1:9', 'bench'],
  syncs: 'by line',
};

/** Undefined where there is no Go; says why. */
export async function clientGo(say: (text: string) => void): Promise<Program | undefined> {
  const { file, reason } = await informerBinary(say);
  if (file === undefined) {
    say(`no client-go informer: ${reason ?? ''}`);
    return undefined;
  }
  return {
    name: 'client-go',
    command: [file],
    flags: (kubeconfig) => [`--kubeconfig=${kubeconfig}`],
    syncs: 'by line',
  };
}

/** Starts a program and resolves when it is synced. Rejects where it ends before, or takes minutes. */
export async function startProgram(program: Program, kubeconfig: string): Promise<Running> {
  const said: string[] = [];
  const [file, ...before] = program.command;
  const synced = Promise.withResolvers<undefined>();
  const port = Promise.withResolvers<number>();
  const child = await startGuarded({
    program: file,
    args: [...before, ...program.flags(kubeconfig)],
    environment: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], HOME: process.env['HOME'] },
    onLine: (line) => {
      if (said.push(line) > 20) said.shift();
      const found = /"port":(\d+),"msg":"serving health and metrics"/.exec(line)?.[1];
      if (found !== undefined) port.resolve(Number(found));
      if (line.includes('synced')) synced.resolve(undefined);
    },
  });
  const startedMs = performance.now();
  const ended = child.ended.then((code) => {
    throw new Error(`${program.name} ended with ${code} before it was synced:\n${said.join('\n')}`);
  });
  ended.catch(() => undefined);
  try {
    const url = await Promise.race([ended, late(program), until(program, synced.promise, port.promise)]);
    const syncedMs = performance.now() - startedMs;
    return { pid: child.pid, syncedMs, syncedCpuMs: cpuMs(child.pid), url, ...disposal(child) };
  } catch (error) {
    await child.stop(systemClock(), STOP_WITHIN_MS);
    throw error;
  }
}

function disposal(child: Guarded): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await child.stop(systemClock(), STOP_WITHIN_MS);
    },
  };
}

async function late({ name }: Program): Promise<never> {
  await sleep(SYNC_WITHIN_MS, undefined, { ref: false });
  throw new Error(`${name} was not synced within ${SYNC_WITHIN_MS / 1000} s`);
}

async function until(
  { syncs }: Program,
  synced: Promise<undefined>,
  port: Promise<number>,
): Promise<string | undefined> {
  if (syncs === 'by line') return synced;
  const url = `http://127.0.0.1:${await port}`;
  while (!(await isReady(url))) await sleep(PROBE_EVERY_MS);
  return url;
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`);
  await answer.body?.cancel();
  return answer.ok;
}
