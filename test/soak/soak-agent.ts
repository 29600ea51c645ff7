/**
 * One of the agents of a soak: all the lives of its processes with their vitals, what they counted, and what they said.
 * A process that ends without having been told to is heard of.
 */
import type { LogLine } from '../support/agent-process.ts';
import type { ChaosAgent } from '../chaos/chaos-agent.ts';
import { COUNTED, readVitals, sumBy, type ProcessLife } from './vitals.ts';

/** Longest an orderly end may take: the drain's 25 s, on a machine that does other things. */
const END_WITHIN_MS = 60_000;

export class SoakAgent {
  readonly name: string;
  readonly lives: ProcessLife[] = [];
  readonly #agent: ChaosAgent;
  readonly #onFault: (what: string) => void;
  /** Log lines of each process. */
  readonly #logs: (readonly LogLine[])[] = [];
  /** By metric and label, of processes that are over. */
  readonly #counted = new Map<string, Map<string, number>>();
  #lastMetrics = '';
  #isEnding = false;
  #isRunning = false;

  constructor(name: string, agent: ChaosAgent, onFault: (what: string) => void) {
    this.name = name;
    this.#agent = agent;
    this.#onFault = onFault;
  }

  get starts(): number {
    return this.#agent.starts;
  }

  get logs(): readonly (readonly LogLine[])[] {
    return this.#logs;
  }

  async start(): Promise<void> {
    await this.#agent.start();
    const { process: started } = this.#agent;
    this.lives.push({ agent: this.name, pid: started.pid, vitals: [] });
    this.#logs.push(started.lines);
    [this.#isEnding, this.#isRunning] = [false, true];
    void started.exited.then(({ code, signal }) => {
      if (this.#isEnding || this.#agent.starts !== this.lives.length) return;
      this.#isRunning = false;
      this.#onFault(`agent ${this.name} ended by itself (${code ?? signal ?? '?'}): ${started.transcript()}`);
    });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.measure();
    [this.#isEnding, this.#isRunning] = [true, false];
    this.#keepCounts();
    if (signal === 'SIGKILL') {
      await this.#agent.kill();
      return;
    }
    const { code, tookMs } = await this.#agent.stop();
    if (code !== 0) this.#onFault(`agent ${this.name}, told to end, ended with ${code ?? 'a signal'}`);
    if (tookMs > END_WITHIN_MS) this.#onFault(`agent ${this.name} took ${Math.round(tookMs)} ms to end`);
  }

  /** True where its last word was that it leads. */
  isLeading(): boolean {
    const lines = this.#logs.at(-1) ?? [];
    return lines.findLast(({ msg }) => msg === 'leading' || msg === 'leading no more')?.msg === 'leading';
  }

  /** Takes one reading of its vitals. */
  async measure(): Promise<void> {
    if (!this.#isRunning) return;
    const life = this.lives.at(-1);
    const reading = await readVitals(this.#agent);
    if (reading === undefined || life === undefined || life !== this.lives.at(-1)) return;
    life.vitals.push(reading.vitals);
    this.#lastMetrics = reading.metrics;
  }

  /** What all its processes counted, by metric and label. */
  counted(name: (typeof COUNTED)[number]): ReadonlyMap<string, number> {
    return added(this.#counted.get(name), sumBy(this.#lastMetrics, name));
  }

  #keepCounts(): void {
    for (const name of COUNTED) this.#counted.set(name, added(this.#counted.get(name), sumBy(this.#lastMetrics, name)));
    this.#lastMetrics = '';
  }
}

function added(one: ReadonlyMap<string, number> | undefined, other: ReadonlyMap<string, number>): Map<string, number> {
  const sums = new Map(one);
  for (const [label, value] of other) sums.set(label, (sums.get(label) ?? 0) + value);
  return sums;
}
