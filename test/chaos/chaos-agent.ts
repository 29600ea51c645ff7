/**
 * The agent of a chaos run, as it is shipped: the bundle on the Node that came with the packages, in a process that is
 * killed and started again on the same data directory.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, nodeFlags } from '../../tools/build.ts';
import { AgentProcess } from '../support/agent-process.ts';
import { agentFlags } from '../support/e2e-agent.ts';

export interface ChaosAgentOptions {
  readonly kubeconfig: string;
  readonly planeUrl: string;
  readonly clusterId: string;
  readonly dataDir: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Programs before node, such as a tracer. */
  readonly before?: readonly string[];
}

/** Bundled once a process, from the sources as they are now; it goes with the process. */
let built: Promise<string> | undefined;

async function buildOnce(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaos-agent-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await bundle(path.join(folder, 'dist'));
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  return folder;
}

/** The command line that starts the agent's bundle. */
export async function shippedProgram(before: readonly string[] = []): Promise<string[]> {
  const folder = await (built ??= buildOnce());
  return [...before, process.execPath, ...nodeFlags, path.join(folder, 'dist/watcher.js')];
}

/** Killed with this process, also where that ends by an error nobody caught. */
const running = new Set<AgentProcess>();
process.once('exit', () => running.forEach((agent) => void agent.stop('SIGKILL')));

export class ChaosAgent implements AsyncDisposable {
  readonly #options: ChaosAgentOptions;
  #process: AgentProcess | undefined;
  #startedAtMs = 0;
  #starts = 0;

  constructor(options: ChaosAgentOptions) {
    this.#options = options;
  }

  /** The one that runs now. */
  get process(): AgentProcess {
    if (this.#process === undefined) throw new Error('the agent does not run');
    return this.#process;
  }

  /** When it was started last; monotonic. */
  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  get dataDir(): string {
    return this.#options.dataDir;
  }

  get starts(): number {
    return this.#starts;
  }

  async start(): Promise<void> {
    const { dataDir, before, environment, args = [], ...options } = this.#options;
    const program = await shippedProgram(before);
    const cache = path.join(path.dirname(path.dirname(program.at(-1) ?? '')), 'compile-cache');
    this.#startedAtMs = performance.now();
    this.#starts += 1;
    this.#process = new AgentProcess({
      program,
      args: [...agentFlags({ ...options, args }), `--data-dir=${dataDir}`],
      // Each failure by itself: the oracle compares every field of it.
      environment: { NODE_COMPILE_CACHE: cache, DIGEST_THRESHOLD: '0', ...environment },
    });
    const started = this.#process;
    running.add(started);
    void started.exited.then(() => running.delete(started));
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    await killed?.stop('SIGKILL');
  }

  /** SIGTERM; resolves with how and after how long it ended. */
  async stop(): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const stopped = this.process;
    const beganMs = performance.now();
    const { code } = await stopped.stop('SIGTERM');
    this.#process = undefined;
    return { code, tookMs: performance.now() - beganMs };
  }

  /** Starts it again at once; resolves when the new process exists. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** The sum of a metric's series; undefined where it can't be read now. */
  async metric(name: string): Promise<number | undefined> {
    return (await this.metrics(name))[0];
  }

  /** Several of one reading: some of them start anew with each. */
  async metrics(...names: readonly string[]): Promise<(number | undefined)[]> {
    const lines = (await this.get('/metrics').catch(() => '')).split('\n');
    return names.map((name) => {
      const values = lines
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
    });
  }

  /** The body of a page of the agent's own listener. */
  async get(place: string): Promise<string> {
    const url = await this.process.url();
    const answer = await fetch(`${url}${place}`, { signal: AbortSignal.timeout(5000) });
    return answer.text();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
