/**
 * PodWatches over a real connection to a server named by a kubeconfig, with everything it tells kept in words and a way
 * to wait for what is yet to come. For the simulated API server and the real one.
 */
import { connect, type Connection } from '../../internal/kubernetes/connection.ts';
import type { PodWatchesOptions } from '../../internal/kubernetes/pod-watches-types.ts';
import { PodWatches } from '../../internal/kubernetes/pod-watches.ts';
import type { PodChange, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import type { Scope } from '../../internal/kubernetes/scope.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { createLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly plan?: string;
  readonly resource?: string;
  readonly reason?: string;
  readonly inCluster?: number;
  readonly inScope?: number;
  readonly err?: { readonly code: string; readonly message: string };
  readonly remedy?: string;
}

/** Pods by uid, since two of one name may be told of by two watches at once. */
export class BelievedPods {
  readonly #pods = new Map<string, PodFacts>();

  change({ type, pod }: Pick<PodChange, 'type' | 'pod'>): void {
    if (type === 'deleted' || type === 'left') this.#pods.delete(pod.uid);
    else this.#pods.set(pod.uid, pod);
  }

  left(namespace: string): void {
    for (const [uid, pod] of this.#pods) if (pod.namespace === namespace) this.#pods.delete(uid);
  }

  /** `shop/web`, in order. */
  names(): string[] {
    return [...this.#pods.values()].map(({ namespace, name }) => `${namespace}/${name}`).toSorted();
  }
}

/** What of the scope is ours; and a clock of the test's own, which drives everything but the connection. */
export type PodWatchesRigOptions = Partial<Pick<PodWatchesOptions, 'nodeName' | 'isOurs' | 'clock'>>;

export class PodWatchesRig implements AsyncDisposable {
  readonly connection: Connection;
  readonly watches: PodWatches;
  /** `shop/web-0 added initial`, `left shop`, `synced`, in order. */
  readonly told: string[] = [];
  /** The project-id of the pod's namespace as it was known when these words were first told. */
  readonly projectAt = new Map<string, string | undefined>();
  /** The pods there must be, for somebody who knows nothing but what was told. */
  readonly believed = new BelievedPods();
  readonly log: LogLine[] = [];
  /** Told of nodes, in words; for the tests that ask for it. */
  onNode: ((words: string) => void) | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(kubeconfig: string, scope: Scope, options: PodWatchesRigOptions = {}) {
    const { clock = systemClock(), ...share } = options;
    const random = systemRandom();
    const logger = createLogger({
      level: 'debug',
      destination: {
        write: (line) => {
          this.log.push(JSON.parse(line) as LogLine);
          this.#wake();
        },
      },
    });
    const settings = { kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' };
    this.connection = connect(settings, { clock: systemClock(), logger });
    this.watches = new PodWatches({
      ...share,
      scope,
      transport: this.connection.transport,
      clock,
      random,
      logger,
      events: {
        change: (change) => {
          const { type, cause, pod } = change;
          this.believed.change(change);
          const words = `${pod.namespace}/${pod.name} ${type} ${cause}`;
          if (!this.projectAt.has(words)) {
            this.projectAt.set(words, this.watches.labelsOf(pod.namespace)?.get('project-id'));
          }
          this.#tell(words);
        },
        synced: () => this.#tell('synced'),
        left: (namespace) => {
          this.believed.left(namespace);
          this.#tell(`left ${namespace}`);
        },
        node: ({ type, item }) => this.onNode?.(`${type} ${item.name} ${item.notReady?.status ?? 'True'}`),
        nodesVoid: () => this.onNode?.('void'),
      },
    });
    this.watches.start();
  }

  /** Resolves once these words have been told, wherever among the others, since the last take(). */
  async tells(...words: readonly string[]): Promise<void> {
    await this.until(() => words.every((word) => this.told.includes(word)), words.join(', '));
  }

  /** Resolves once a line of the log passes. */
  async logs(passes: (line: LogLine) => boolean): Promise<LogLine> {
    await this.until(() => this.log.some(passes), 'a line of the log');
    const found = this.log.find(passes);
    if (found === undefined) throw new Error('lost a line of the log');
    return found;
  }

  /** Resolves once `holds`, looked at after everything that is told or logged, and, for what is not, now and then. */
  async until(holds: () => boolean, what: string, withinMs = 10_000): Promise<void> {
    const tooLate = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => tooLate.reject(new Error(`not within ${withinMs} ms: ${what}; told: ${this.told.join(', ')}`)),
      withinMs,
    );
    const often = setInterval(() => this.#wake(), 25);
    try {
      while (!holds()) {
        const next = Promise.withResolvers<undefined>();
        const wake = (): void => next.resolve(undefined);
        this.#waiting.add(wake);
        await Promise.race([next.promise, tooLate.promise]);
        this.#waiting.delete(wake);
      }
    } finally {
      clearTimeout(timer);
      clearInterval(often);
    }
  }

  /** What has been told since this was last asked, 'synced' left out. */
  take(): string[] {
    return this.told.splice(0).filter((words) => words !== 'synced');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watches.stop();
    await this.connection.close();
  }

  #tell(words: string): void {
    this.told.push(words);
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
