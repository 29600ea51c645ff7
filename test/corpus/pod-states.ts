/**
 * The pods of one namespace as they are now, kept by a watch of its own and not by the agent's: the steps of a scenario
 * wait for what it shows.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/options.ts';
import { watchPods, type PodObject, type PodWatch } from '../support/e2e-pod-watch.ts';

export class PodStates implements AsyncDisposable {
  readonly #pods = new Map<string, PodObject>();
  readonly #watch: PodWatch;
  readonly #reading: Promise<void>;
  #changed = Promise.withResolvers<undefined>();

  static async of(cluster: Cluster, namespace: string): Promise<PodStates> {
    return new PodStates(await watchPods(cluster, namespace));
  }

  private constructor(watch: PodWatch) {
    this.#watch = watch;
    this.#reading = this.#read();
  }

  /** Those whose name matches; `*` is any text. */
  named(pattern: string): PodObject[] {
    return [...this.#pods.values()].filter(({ metadata: { name } }) => matchesName(pattern, name));
  }

  /** Resolves once `isSo` holds of what is known. Rejects after `withinMs`, saying what is known instead. */
  async until(isSo: () => boolean, withinMs: number): Promise<void> {
    const over = new AbortController();
    const late = sleep(withinMs, 'late' as const, { signal: over.signal });
    late.catch(() => undefined);
    try {
      while (!isSo()) {
        if ((await Promise.race([this.#changed.promise, late])) === 'late') throw new Error(this.#describe());
      }
    } finally {
      over.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      for await (const { type, object } of this.#watch.changes) {
        if (type === 'DELETED') this.#pods.delete(object.metadata.uid);
        else this.#pods.set(object.metadata.uid, object);
        this.#changed.resolve(undefined);
        this.#changed = Promise.withResolvers();
      }
    } catch {
      // The watch was cut at the end; who still waits for something says what is missing.
    }
  }

  #describe(): string {
    const pods = [...this.#pods.values()].map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status)}`);
    return `the pods are: ${pods.join('; ') || 'none'}`;
  }
}

/** `*` is any text. */
export function matchesName(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(name);
}
