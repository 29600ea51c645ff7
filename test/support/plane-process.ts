// The reference plane as a process of its own (cmd/plane/main.ts), for tests that kill it.
//
// It ends with this process: its standard input is a pipe nobody else holds, and plane-process-guard.ts, loaded before the
// plane, ends it when that pipe closes.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = path.join(import.meta.dirname, '..', '..');

export interface PlaneProcess {
  /** Where it listens, also after a restart. */
  readonly url: string;
  /** All it wrote to its log, line by line. */
  readonly log: readonly string[];
  readonly pid: () => number | undefined;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again after kill(), at the same address. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts it, registered at `adminUrl`. Rejects with its words where it does not come up. */
export async function startPlaneProcess(adminUrl: string, flags: readonly string[] = []): Promise<PlaneProcess> {
  let child: ChildProcess | undefined;
  const log: string[] = [];
  const launch = async (listen: string): Promise<string> => {
    const guard = path.join(import.meta.dirname, 'plane-process-guard.ts');
    const args = [
      '--import',
      guard,
      path.join(ROOT, 'cmd/plane/main.ts'),
      '--listen',
      listen,
      '--register',
      adminUrl,
      ...flags,
    ];
    child = spawn(process.execPath, args, { cwd: ROOT, env: {}, stdio: ['pipe', 'pipe', 'inherit'] });
    return readyAt(child, log);
  };
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once('close', resolve));
    ending.kill('SIGKILL');
    await ended;
  };
  const url = await launch('127.0.0.1:0');
  return {
    url,
    log,
    pid: () => child?.pid,
    kill,
    start: async () => {
      await kill();
      await launch(new URL(url).host);
    },
    stop: kill,
  };
}

function readyAt(child: ChildProcess, log: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`the plane did not come up: ${log.join('\n')}`)));
    createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
      log.push(line);
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
      if (msg === 'plane is ready' && url !== undefined) resolve(url);
    });
  });
}
