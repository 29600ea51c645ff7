/**
 * The agent as users run it: a process of its own, started from the sources, with its log read line by line. A test
 * awaits a log line or a probe; it never sleeps. Disposing kills the process if it still runs.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface AgentOptions {
  /** Flags, and a subcommand before them where one is meant. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What to run; the sources by default. */
  readonly program?: readonly string[];
}

type Matcher = (line: LogLine) => boolean;

export class AgentProcess implements AsyncDisposable {
  readonly lines: LogLine[] = [];
  /** What was printed and is no log line: usage, tables, error messages. */
  readonly text: string[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Set<{ matches: Matcher; resolve: (line: LogLine) => void }>();
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(options: AgentOptions) {
    const [program = process.execPath, ...before] = options.program ?? [process.execPath, 'cmd/watcher/main.ts'];
    this.#child = spawn(program, [...before, ...options.args], {
      env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The first line, past or future, that matches. Rejects when the process ends or `withinMs` passes before. */
  async line(matches: Matcher | string, withinMs = 30_000): Promise<LogLine> {
    const isWanted: Matcher = typeof matches === 'string' ? (line) => line.msg === matches : matches;
    const past = this.lines.find(isWanted);
    if (past !== undefined) return past;
    return this.#future(isWanted, withinMs);
  }

  #future(matches: Matcher, withinMs: number): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        reject(new Error(`${why}; the agent said:\n${this.transcript()}`));
      };
      const timer = setTimeout(() => fail(`no such log line within ${withinMs} ms`), withinMs);
      const waiter = {
        matches,
        resolve: (line: LogLine) => {
          clearTimeout(timer);
          resolve(line);
        },
      };
      this.#waiting.add(waiter);
      void this.exited.then(({ code, signal }) => fail(`the agent ended (${code ?? signal ?? '?'}) first`));
    });
  }

  /** Asks for an orderly end, and resolves with how it ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child.kill(signal);
    return this.exited;
  }

  /** Base URL of --http-listen, as the agent logged it. */
  async url(): Promise<string> {
    const line = await this.line((candidate) => candidate.msg === 'serving health and metrics');
    return `http://127.0.0.1:${String(line['port'])}`;
  }

  /** All that was said, for a failing test's message. */
  transcript(): string {
    return [...this.text, ...this.lines.map((line) => JSON.stringify(line))].slice(-60).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop('SIGKILL');
  }

  #read(text: string): void {
    const line = parseLine(text);
    if (line === undefined) {
      this.text.push(text);
      return;
    }
    this.lines.push(line);
    for (const waiter of this.#waiting) {
      if (!waiter.matches(line)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(line);
    }
  }
}

function parseLine(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'msg' in value ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
