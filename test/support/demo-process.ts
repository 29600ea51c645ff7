/**
 * The demo as a user runs it: a process of its own, with a temporary folder of its own, so that a test can see what it
 * leaves behind. Disposing kills it if it still runs, waits until its guards have cleaned up, and removes the folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAIN = path.join(import.meta.dirname, '../../cmd/demo/main.ts');

export interface DemoEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class DemoProcess implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'watcher-demo-test-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<DemoEnd>;
  readonly #hearing = new Set<() => void>();
  #stdout = '';
  #stderr = '';

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'], TMPDIR: this.folder, HOME: this.folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
      for (const hear of this.#hearing) hear();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#ended = once(this.#child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Resolves with all there is to know when it has ended. */
  ended(): Promise<DemoEnd> {
    return this.#ended;
  }

  /** Resolves with standard output once it holds `words`; rejects where it ends before. */
  async says(words: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      const hear = (): void => {
        if (!this.#stdout.includes(words)) return;
        this.#hearing.delete(hear);
        resolve();
      };
      this.#hearing.add(hear);
      hear();
      void this.#ended.then(({ stderr }) => {
        reject(new Error(`ended before it said: ${words}\n${this.#stdout}\n${stderr}`));
      });
    });
    return this.#stdout;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Processes and files that are still there: on Linux all that carry its folder, elsewhere the files alone. */
  leftovers(): string[] {
    return [...processesWith(this.folder), ...readdirSync(this.folder)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal('SIGKILL');
    await this.#ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

function processesWith(folder: string): string[] {
  return globSync('/proc/[0-9]*').filter((place) => {
    try {
      return ['environ', 'cmdline'].some((file) => readFileSync(path.join(place, file), 'utf8').includes(folder));
    } catch {
      return false;
    }
  });
}
