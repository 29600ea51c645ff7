/**
 * A reflector of pods with its store, over a real connection to the simulated API server or a real one: what the agent
 * runs, without the agent. Everything the store tells is kept in words, and can be waited for.
 */
import assert from 'node:assert/strict';
import { connect, type Connection } from '../../internal/kubernetes/connection.ts';
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import type { ReflectorLimits, Selectors } from '../../internal/kubernetes/reflector-types.ts';
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import { podResource } from '../../internal/kubernetes/resource-pods.ts';
import type { PodChange } from '../../internal/pipeline/pod-facts.ts';
import { systemClock, type Clock } from '../../internal/platform/clock.ts';
import { createLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { GatedTransport } from './gated-transport.ts';
import { RecordingObserver } from './reflector-rig.ts';

export interface StoreRigOptions {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly limits?: Partial<ReflectorLimits>;
  readonly selectors?: Selectors;
  /** Hears each change before it is put into words. */
  readonly onChange?: (change: PodChange) => void;
  /** What the reflector tells the time by; the connection keeps the machine's. */
  readonly clock?: Clock;
  /** Service account of a pod, in place of the kubeconfig. */
  readonly inCluster?: { readonly env: Readonly<Record<string, string>>; readonly serviceAccountDir: string };
}

export class StoreRig implements AsyncDisposable {
  readonly connection: Connection;
  readonly store: PodStore;
  readonly reflector: Reflector<PodReading>;
  readonly observer = new RecordingObserver();
  /** `added shop/web-0 initial` and so on, in order: what was told, not what was only counted. */
  readonly told: string[] = [];
  readonly log: Record<string, unknown>[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #gate: GatedTransport;
  #isLooking = false;

  constructor({ kubeconfig, namespace = '', limits = {}, selectors = {}, inCluster, ...options }: StoreRigOptions) {
    const clock = options.clock ?? systemClock();
    const random = systemRandom();
    const destination = {
      write: (line: string) => this.#note(() => this.log.push(JSON.parse(line) as (typeof this.log)[0])),
    };
    const logger = createLogger({ level: 'debug', destination });
    this.connection = connect(
      { kubeconfig, env: {}, ...inCluster, qps: 0, burst: 0, userAgent: 'test' },
      { clock: systemClock(), logger },
    );
    this.store = new PodStore({
      onChange: (change) => {
        const { type, cause, pod } = change;
        options.onChange?.(change);
        this.#note(() => this.told.push(`${type} ${pod.namespace}/${pod.name} ${cause}`));
      },
      observer: { seen: () => this.#note(() => undefined) },
      onSynced: () => this.#note(() => undefined),
    });
    this.#gate = new GatedTransport(this.connection.transport);
    const transport = this.#gate;
    const resource = podResource(this.store, namespace);
    const { observer } = this;
    const parts = { resource, sink: this.store, transport, clock, random, logger, observer, selectors, limits };
    this.reflector = new Reflector(parts);
    this.reflector.start();
  }

  /** Resolves once `holds`, looked at after whatever happens here; rejects after `withinMs`. */
  async until(what: string, holds: () => boolean, withinMs = 15_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const look = (): void => {
      if (holds()) resolve(undefined);
    };
    const state = (): string => `${JSON.stringify(this.reflector.state)} told ${JSON.stringify(this.told.slice(-20))}`;
    const late = setTimeout(() => reject(new Error(`waited in vain for ${what}: ${state()}`)), withinMs);
    // The states of the reflector are told to nobody: they are looked at often.
    const often = setInterval(look, 20);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(late);
      clearInterval(often);
      this.#waiting.delete(look);
    }
  }

  /** No network from now on: what is open breaks, what is asked for fails. */
  cutOff(): void {
    this.#gate.shut();
  }

  reconnect(): void {
    this.#gate.open();
  }

  async synced(): Promise<void> {
    assert.equal(await this.reflector.synced, true);
  }

  /** Resolves once the store holds just what `list` says, as `namespace/name uid resourceVersion`. */
  async equals(list: () => readonly string[], withinMs?: number): Promise<void> {
    const isEqual = (): boolean => {
      const expected = list();
      return expected.length === this.store.size && this.contents().join('\n') === [...expected].sort().join('\n');
    };
    await this.until(`the store to equal ${list().length} pods listed`, isEqual, withinMs);
  }

  /** What the store holds, in the same words, sorted. */
  contents(): string[] {
    const all = [...this.store.identities()];
    return all
      .map(({ namespace, name, uid, resourceVersion }) => `${namespace}/${name} ${uid} ${resourceVersion}`)
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reflector.stop();
    await this.connection.close();
  }

  #note(what: () => unknown): void {
    what();
    if (this.#isLooking) return;
    this.#isLooking = true;
    // Once for all that a chunk brings.
    setImmediate(() => {
      this.#isLooking = false;
      for (const look of this.#waiting) look();
    });
  }
}
