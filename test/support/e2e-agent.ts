/**
 * The agent as the end to end tests run it: from its sources, with a data directory of its own, and with its probes and
 * metrics read over HTTP. Disposing of it kills the process and removes the directory.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentProcess, type LogLine } from './agent-process.ts';
import { until } from './e2e-until.ts';

export interface RunOptions {
  readonly kubeconfig: string;
  readonly planeUrl: string;
  readonly clusterId?: string;
  /** Flags beside and after the usual ones, so that they win. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Kept by whoever gives it; otherwise one that goes with the agent. */
  readonly dataDir?: string;
}

export interface Probe {
  readonly status: number;
  readonly body: {
    readonly status: 'ok' | 'unavailable';
    readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: unknown }>>;
  };
}

/** The flags every one of these agents has. */
export function agentFlags({ kubeconfig, planeUrl, clusterId = 'e2e', args = [] }: RunOptions): string[] {
  const flags = {
    kubeconfig,
    'restate-url': planeUrl,
    'cluster-id': clusterId,
    'watch-namespace-mode': 'all',
    'http-listen': '127.0.0.1:0',
  };
  return [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...args];
}

export class RunningAgent implements AsyncDisposable {
  readonly process: AgentProcess;
  readonly #ownDir: string | undefined;
  #url: string | undefined;

  constructor(options: RunOptions) {
    this.#ownDir = options.dataDir === undefined ? mkdtempSync(path.join(tmpdir(), 'watcher-e2e-')) : undefined;
    const dataDir = options.dataDir ?? this.#ownDir ?? '';
    this.process = new AgentProcess({
      args: [...agentFlags(options), `--data-dir=${dataDir}`],
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    });
  }

  async get(place: string): Promise<Response> {
    this.#url ??= await this.process.url();
    return fetch(`${this.#url}${place}`, { signal: AbortSignal.timeout(5000) });
  }

  async probe(place: '/livez' | '/readyz' | '/healthz'): Promise<Probe> {
    const answer = await this.get(place);
    return { status: answer.status, body: (await answer.json()) as Probe['body'] };
  }

  /** Resolves once /readyz says ok: the cluster is seen. */
  async ready(withinMs?: number): Promise<Probe> {
    const ended = this.process.exited.then(({ code, signal }) => {
      throw new Error(`the agent ended (${code ?? signal ?? '?'})`);
    });
    return Promise.race([until('the agent is ready', async () => this.#readyNow(), withinMs), ended]);
  }

  async #readyNow(): Promise<Probe | undefined> {
    const probe = await this.probe('/readyz');
    return probe.status === 200 ? probe : undefined;
  }

  /** The sum of all series of a metric that carry `labels`; undefined where there is none. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const text = await (await this.get('/metrics')).text();
    return sumOf(text, name, labels);
  }

  /** A log line with an error of this code. */
  async coded(code: string, withinMs?: number): Promise<LogLine> {
    return this.process.line((line) => codeOf(line) === code, withinMs);
  }

  /** What `waited` resolves with; where it fails, with what the agent said meanwhile. */
  async explained<T>(waited: Promise<T>): Promise<T> {
    try {
      return await waited;
    } catch (error) {
      throw new Error(`${String(error)}; the agent said:\n${this.process.transcript()}`, { cause: error });
    }
  }

  assertRunning(): void {
    assert.doesNotThrow(() => process.kill(this.process.pid, 0), `the agent is gone:\n${this.process.transcript()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    if (this.#ownDir !== undefined) rmSync(this.#ownDir, { recursive: true, force: true });
  }
}

/** Starts an agent, and resolves when it sees the cluster. */
export async function startAgent(options: RunOptions): Promise<RunningAgent> {
  const agent = new RunningAgent(options);
  try {
    await agent.ready();
    return agent;
  } catch (error) {
    const told = agent.process.transcript();
    await agent[Symbol.asyncDispose]();
    throw new Error(`the agent did not become ready; it said:\n${told}`, { cause: error });
  }
}

/** The code of a line's error, wherever the line carries it. */
export function codeOf(line: LogLine): string | undefined {
  const { err, code } = line as LogLine & { readonly err?: { readonly code?: string }; readonly code?: string };
  return err?.code ?? code;
}

/** What the line says is to be done. */
export function remedyOf(line: LogLine): string | undefined {
  const { err, remedy } = line as LogLine & { readonly err?: { readonly remedy?: string }; readonly remedy?: string };
  return err?.remedy ?? remedy;
}

function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
