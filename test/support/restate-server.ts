// The real Restate server, for tests, the demo and benchmarks: on free ports of the loopback, with a folder of its own.
//
// Promise: start resolves when admin and ingress both answer; kill() is a SIGKILL and start again on the same folder and
// ports keeps all state, as after a crash; stop() ends it and removes the folder it made. It never outlives this process
// (restate-server-guard.ts). Small settings: 4 partitions and little memory suit two cores (measured: 0.3 s to ready,
// 150 MB), and make the rate of one key no smaller.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findRestateServer } from './restate-server-binary.ts';

export interface RestatePorts {
  readonly ingress: number;
  readonly admin: number;
  /** Between the nodes of a cluster; needed even by one alone. */
  readonly fabric: number;
}

export interface RestateServerOptions {
  /** Keeps state here and leaves it behind; without it, a folder of its own that goes with stop(). */
  readonly baseDir?: string;
  readonly ports?: RestatePorts;
  readonly startTimeoutMs?: number;
  /** Further RESTATE_* settings, such as RESTATE_INGRESS__REQUEST_SIZE_LIMIT. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RestateServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  readonly baseDir: string;
  readonly isRunning: () => boolean;
  readonly pid: () => number | undefined;
  /** SIGKILL; resolves when it is gone. Its folder stays. */
  readonly kill: () => Promise<void>;
  /** Starts it again after kill(), on the same folder and ports. */
  readonly start: () => Promise<void>;
  /** Ends it for good. */
  readonly stop: () => Promise<void>;
}

const GUARD = path.join(import.meta.dirname, 'restate-server-guard.ts');

/** Also part of where the data lies: under another name the same folder is a new, empty server. */
const NODE_NAME = 'plane';

/** Times to try other ports: between finding a free one and listening on it somebody else may take it. */
const PORT_ATTEMPTS = 3;

/** Starts a server. Rejects with the end of its log where it does not come up. */
export async function startRestateServer(options: RestateServerOptions = {}): Promise<RestateServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (error) {
      const isPortTaken = /address (already )?in use/i.test(String(error));
      if (options.ports !== undefined || !isPortTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(options: RestateServerOptions): Promise<RestateServer> {
  const binary = findRestateServer();
  if (!binary.found) throw new Error(binary.reason);
  const ownDir = options.baseDir === undefined ? mkdtempSync(path.join(tmpdir(), 'watcher-restate-')) : '';
  const baseDir = options.baseDir ?? ownDir;
  const ports = options.ports ?? (await freePorts());
  const environment = { ...settingsFor(baseDir, ports), ...options.settings };
  const ingressUrl = `http://127.0.0.1:${ports.ingress}`;
  const adminUrl = `http://127.0.0.1:${ports.admin}`;
  let running: Running | undefined;

  const start = async (): Promise<void> => {
    if (running !== undefined) return;
    running = await launch(binary.path, baseDir, ownDir, environment);
    const deadline = performance.now() + (options.startTimeoutMs ?? 30_000);
    while (!((await answers(`${adminUrl}/health`)) && (await answers(`${ingressUrl}/restate/health`)))) {
      if (running.hasEnded() || performance.now() > deadline) {
        await kill();
        throw new Error(`the Restate server did not come up:\n${logTail(baseDir)}`);
      }
      await sleep(10);
    }
  };
  const kill = async (): Promise<void> => {
    const ending = running;
    running = undefined;
    await ending?.kill();
  };
  const stop = async (): Promise<void> => {
    await kill();
    if (ownDir !== '') rmSync(ownDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };

  await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ingressUrl,
    adminUrl,
    baseDir,
    isRunning: () => running !== undefined && !running.hasEnded(),
    pid: () => running?.pid,
    kill,
    start,
    stop,
  };
}

interface Running {
  readonly pid: number;
  readonly hasEnded: () => boolean;
  readonly kill: () => Promise<void>;
}

async function launch(binary: string, baseDir: string, removeDir: string, env: NodeJS.ProcessEnv): Promise<Running> {
  const logFile = path.join(baseDir, 'restate.log');
  const args = [GUARD, logFile, removeDir, binary, '--no-logo', '--node-name', NODE_NAME, '--base-dir', baseDir];
  // Detached: Ctrl-C in a terminal ends the asking process, and that ends the guard, in this order.
  const guard = spawn(process.execPath, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => guard.once('close', () => resolve()));
  const pid = await pidFrom(guard);
  // The server alone is no reason for this process to live on.
  guard.unref();
  for (const pipe of [guard.stdin, guard.stdout, guard.stderr]) (pipe as unknown as { unref(): void }).unref();
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  return {
    pid,
    hasEnded: () => hasEnded,
    kill: async () => {
      guard.ref();
      guard.stdout.on('data', () => undefined);
      (guard.stdout as unknown as { ref(): void }).ref();
      if (!hasEnded) trySignal(pid, 'SIGKILL');
      await ended;
    },
  };
}

function pidFrom(guard: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let words = '';
    guard.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    guard.stdout?.once('data', (line: Buffer) => resolve(Number(line.toString())));
    guard.once('error', reject);
    guard.once('close', () => reject(new Error(`the Restate server could not be run: ${words}`)));
  });
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

function settingsFor(baseDir: string, ports: RestatePorts): Record<string, string> {
  return {
    HOME: baseDir,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_ADVERTISED_HOST: '127.0.0.1',
    RESTATE_BIND_PORT: String(ports.fabric),
    RESTATE_INGRESS__BIND_PORT: String(ports.ingress),
    RESTATE_ADMIN__BIND_PORT: String(ports.admin),
    RESTATE_DEFAULT_NUM_PARTITIONS: '4',
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '128MB',
    RESTATE_ADMIN__QUERY_ENGINE__MEMORY_SIZE: '64MB',
    RESTATE_BIFROST__RECORD_CACHE_MEMORY_SIZE: '16MB',
    RESTATE_WORKER__INVOKER__MEMORY_LIMIT: '128MB',
    RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
    RESTATE_SHUTDOWN_TIMEOUT: '5s',
    RESTATE_LOG_FORMAT: 'json',
    RESTATE_LOG_FILTER: 'warn,octocrab=off',
  };
}

/** Three ports nobody listens on. Held open together, so that they differ. */
export async function freePorts(): Promise<RestatePorts> {
  const [ingress, admin, fabric] = await Promise.all([listen(), listen(), listen()]);
  const ports = { ingress: portOf(ingress), admin: portOf(admin), fabric: portOf(fabric) };
  await Promise.all([ingress, admin, fabric].map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function logTail(baseDir: string): string {
  try {
    return readFileSync(path.join(baseDir, 'restate.log'), 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  } catch {
    return '(no log)';
  }
}
