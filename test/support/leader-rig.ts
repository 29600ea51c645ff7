/**
 * Candidates on a real API server, in this process or as processes of their own, with what they tell and when.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { connect } from '../../internal/kubernetes/connection.ts';
import type { Term } from '../../internal/kubernetes/leader-term.ts';
import { LeaderElector, type LeaderTimes } from '../../internal/kubernetes/leader.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { createLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';

export interface Told {
  readonly what: string;
  readonly atMs: number;
}

/** What was told, and waiting for what is yet to be told. */
export class Telling {
  readonly all: Told[] = [];
  readonly #waiting = new Set<() => void>();

  add(told: Told): void {
    this.all.push(told);
    for (const wake of [...this.#waiting]) wake();
  }

  words(): string[] {
    return this.all.map((told) => told.what).filter((what) => what !== 'acts');
  }

  /** The first of these words told at or after `sinceMs`. */
  async next(what: string, sinceMs = 0, withinMs = 30_000): Promise<Told> {
    const lateAtMs = Date.now() + withinMs;
    for (;;) {
      const found = this.all.find((told) => told.what === what && told.atMs >= sinceMs);
      if (found !== undefined) return found;
      if (Date.now() > lateAtMs) throw new Error(`not told within ${withinMs} ms: ${what}; ${this.words().join(', ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 100);
        function done(): void {
          clearTimeout(timer);
          resolve();
        }
        this.#waiting.add(done);
      });
      this.#waiting.clear();
    }
  }
}

export interface LocalCandidate extends AsyncDisposable {
  readonly elector: LeaderElector;
  readonly telling: Telling;
  readonly terms: Term[];
  /** Requests sent so far. */
  readonly asked: () => number;
  readonly log: { readonly level: string; readonly msg: string; readonly err?: { readonly code: string } }[];
}

export function localCandidate(kubeconfig: string, identity: string, times: Partial<LeaderTimes> = {}): LocalCandidate {
  const clock = systemClock();
  const telling = new Telling();
  const terms: Term[] = [];
  const log: LocalCandidate['log'] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line) as (typeof log)[number]) };
  const logger = createLogger({ level: 'info', destination });
  const connection = connect({ kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' }, { clock, logger });
  let requests = 0;
  const tell = (what: string): void => telling.add({ what, atMs: Date.now() });
  const elector = new LeaderElector({
    lease: { namespace: 'default', name: 'watcher-leader-lock' },
    identity,
    transport: {
      ...connection.urgent,
      request: (request, options) => {
        requests += 1;
        return connection.urgent.request(request, options);
      },
    },
    clock,
    random: systemRandom(),
    logger,
    times,
    events: {
      onStartedLeading: (term) => {
        terms.push(term);
        tell('leads');
      },
      onStoppedLeading: (reason) => tell(`stopped: ${reason}`),
      onNewLeader: (leader) => tell(`sees ${leader}`),
    },
  });
  elector.start();
  return {
    elector,
    telling,
    terms,
    asked: () => requests,
    log,
    [Symbol.asyncDispose]: async () => {
      await elector.stop();
      await connection.close();
    },
  };
}

export interface ChildCandidate extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly telling: Telling;
}

export function childCandidate(kubeconfig: string, identity: string, times: Partial<LeaderTimes> = {}): ChildCandidate {
  const script = new URL('leader-candidate.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, kubeconfig, identity, JSON.stringify(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const telling = new Telling();
  createInterface({ input: child.stdout }).on('line', (line) => telling.add(JSON.parse(line) as Told));
  return {
    process: child,
    telling,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
