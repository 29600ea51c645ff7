/**
 * Reflectors of pods on a real API server, with a judge: pods that fail are written through the API, and what the API
 * server answers is what an undisturbed run would have seen.
 */
import assert from 'node:assert/strict';
import type { Cluster } from '../cluster/options.ts';
import { rawStatus, readyConditions, terminated, waiting, type Raw } from './raw-pod.ts';
import { StoreRig, type StoreRigOptions } from './store-rig.ts';
import { WatchJudge } from './watch-judge.ts';

const PODS = '/api/v1/namespaces/shop/pods';
const spec = { nodeName: 'node-1', containers: [{ name: 'app', image: 'nowhere/app:1' }] };

export class RealWatchWorld implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly judge = new WatchJudge(Date.now());
  readonly rig: StoreRig;
  readonly #pods: Map<string, Raw>;
  #version = 0;

  private constructor(cluster: Cluster, pods: Map<string, Raw>, options: Omit<StoreRigOptions, 'onChange'>) {
    this.cluster = cluster;
    this.#pods = pods;
    for (const pod of pods.values()) this.judge.written(pod);
    const way = options.inCluster === undefined ? { kubeconfig: cluster.kubeconfigPath } : {};
    this.rig = new StoreRig({ ...way, ...options, onChange: (change) => this.judge.told(change) });
  }

  /** In the namespace `shop`, which holds these failing pods and no others, whatever it held. */
  static async start(
    cluster: Cluster,
    names: readonly string[],
    options: Omit<StoreRigOptions, 'onChange'> = {},
  ): Promise<RealWatchWorld> {
    await cluster.createNamespace('shop').catch(() => undefined);
    await cluster.api('DELETE', `${PODS}?gracePeriodSeconds=0`);
    const pods = new Map<string, Raw>();
    for (const name of names) pods.set(name, await fail(cluster, name, `first-${name}`, 1, undefined));
    const world = new RealWatchWorld(cluster, pods, options);
    await world.settles();
    return world;
  }

  /** The pod fails once more, by another container; it is made if there is none. */
  async fail(name: string): Promise<void> {
    this.#version += 1;
    const pod = await fail(this.cluster, name, String(this.#version), this.#version + 1, this.#pods.get(name));
    this.#pods.set(name, pod);
    this.judge.written(pod);
  }

  async remove(name: string): Promise<void> {
    await this.cluster.api('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
    const pod = this.#pods.get(name);
    if (pod !== undefined) this.judge.removed(pod);
    this.#pods.delete(name);
  }

  /** Resolves once the store equals an independent full list. */
  async settles(withinMs = 60_000): Promise<Raw[]> {
    await this.rig.synced();
    const { items } = await this.cluster.api<{ items: Raw[] }>('GET', '/api/v1/pods');
    await this.rig.equals(() => items.map(identity), withinMs);
    return items;
  }

  /** The store equals an independent full list field by field, and goes on doing so; the ids are those of an undisturbed run. */
  async losesNothing(): Promise<void> {
    await this.settles();
    await this.fail('last');
    const items = await this.settles();
    assert.deepEqual(this.judge.differences(this.rig.store, items), []);
    assert.ok(this.judge.events > 0);
  }

  lists(): number {
    return this.rig.observer.said.filter((words) => words.startsWith('list ')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

async function fail(
  cluster: Cluster,
  name: string,
  container: string,
  restartCount: number,
  known: Raw | undefined,
): Promise<Raw> {
  const pod = known ?? (await cluster.api<Raw>('POST', PODS, { metadata: { name }, spec }));
  const containerStatus = rawStatus({
    state: waiting('CrashLoopBackOff', `back-off ${container}`),
    lastState: terminated(1, 'Error', `containerd://${container}`),
    ready: false,
    restartCount,
  });
  const status = { phase: 'Running', conditions: readyConditions, containerStatuses: [containerStatus] };
  return cluster.api<Raw>('PUT', `${PODS}/${name}/status`, { ...pod, status });
}

function identity(pod: Raw): string {
  const { namespace, name, uid, resourceVersion } = pod['metadata'] as Record<string, string>;
  return `${namespace}/${name} ${uid} ${resourceVersion}`;
}
