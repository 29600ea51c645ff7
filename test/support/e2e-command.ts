/** A subcommand of `watcher`, run to its end as a person at a terminal would run it. */
import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
}

/** Resolves with what it printed and its exit code, whatever that is; -1 where it did not end in time. */
export function runWatcher(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.environment };
  const timeout = options.withinMs ?? 30_000;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['cmd/watcher/main.ts', ...args],
      { env, timeout, killSignal: 'SIGKILL' },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
