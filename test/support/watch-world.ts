/**
 * One reflector of pods on a simulated API server of its own, with a judge: what a fault is put into, and what says
 * whether anything was lost by it. Everything is gone when it is disposed of.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rawPod, rawStatus, terminated, waiting, type Raw } from './raw-pod.ts';
import { jsonMetadata, jsonObjects } from './simulated-apiserver/json-encoder.ts';
import type { KubernetesObject } from './simulated-apiserver/objects.ts';
import { pods } from './simulated-apiserver/resources.ts';
import { SimulatedApiServer } from './simulated-apiserver/server.ts';
import { protobufMetadata, protobufObjects } from './simulated-protobuf.ts';
import { StoreRig, type StoreRigOptions } from './store-rig.ts';
import { WatchJudge } from './watch-judge.ts';

export interface WatchWorldOptions extends Pick<StoreRigOptions, 'clock' | 'limits'> {
  /** Before the reflector starts. */
  readonly prepare?: (world: WatchWorld) => void;
  /** Puts something between server and reflector: the port to connect to in place of the server's. */
  readonly relayedBy?: (port: number) => Promise<number>;
  /** Where the token of a pod's service account is; without it the server's own kubeconfig is used. */
  readonly serviceAccountDir?: string;
}

export class WatchWorld implements AsyncDisposable {
  readonly server: SimulatedApiServer;
  readonly judge = new WatchJudge(Date.now());
  readonly #directory: string;
  #rig: StoreRig | undefined;
  #version = 0;

  private constructor(server: SimulatedApiServer) {
    this.server = server;
    this.#directory = mkdtempSync(path.join(tmpdir(), 'watcher-watch-world-'));
  }

  /** With ten failing pods, in pages of two. */
  static async start(format: 'json' | 'protobuf', options: WatchWorldOptions = {}): Promise<WatchWorld> {
    const encoders = [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata];
    const world = new WatchWorld(await SimulatedApiServer.start({ encoders }));
    for (let at = 0; at < 10; at++) world.put(`web-${at}`);
    options.prepare?.(world);
    const { clock, limits } = options;
    world.#rig = new StoreRig({
      ...(await world.#way(options)),
      ...(clock === undefined ? {} : { clock }),
      limits: { format, streamingList: 'never', pageItems: 2, ...limits },
      onChange: (change) => world.judge.told(change),
    });
    return world;
  }

  get rig(): StoreRig {
    assert.ok(this.#rig);
    return this.#rig;
  }

  /** How the reflector gets to the server. */
  async #way({ relayedBy, serviceAccountDir }: WatchWorldOptions): Promise<StoreRigOptions> {
    const { server } = this;
    const port = (await relayedBy?.(server.port)) ?? server.port;
    if (serviceAccountDir !== undefined) {
      writeFileSync(path.join(serviceAccountDir, 'ca.crt'), server.caPem);
      writeFileSync(path.join(serviceAccountDir, 'namespace'), 'default');
      const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) };
      return { inCluster: { env, serviceAccountDir } };
    }
    const kubeconfig = server.writeKubeconfig(path.join(this.#directory, 'kubeconfig'));
    if (port !== server.port) {
      const text = readFileSync(kubeconfig, 'utf8').replaceAll(`:${server.port}`, `:${port}`);
      writeFileSync(kubeconfig, text);
    }
    return { kubeconfig };
  }

  /** The pod fails once more, by another container. */
  put(name: string, message = ''): void {
    this.#version += 1;
    this.judge.written(this.server.put(pods, failingPod(name, this.#version, message)).body());
  }

  remove(name: string): void {
    const removed = this.server.store.remove(pods, name, 'shop');
    if (removed !== undefined) this.judge.removed(removed.body());
  }

  /** What an independent list says, in the words of StoreRig.equals. */
  list(): string[] {
    const all = [...this.server.store.historyOf(pods).values()];
    return all.map(({ namespace, name, uid, revision }) => `${namespace}/${name} ${uid} ${revision}`);
  }

  /**
   * The store is as the server is and goes on being so, field by field; the ids of all failures are those of an
   * undisturbed run; what did not change was told once; and the faults did happen.
   */
  async losesNothing(withinMs?: number): Promise<void> {
    await this.rig.synced();
    await this.rig.equals(() => this.list(), withinMs);
    this.put('web-last');
    this.remove('web-1');
    await this.rig.equals(() => this.list(), withinMs);
    const bodies = [...this.server.store.historyOf(pods).values()].map((pod) => pod.body());
    assert.deepEqual(this.judge.differences(this.rig.store, bodies), []);
    assert.ok(this.judge.events >= 10);
    assert.equal(this.server.faults.pending, 0, 'a fault that never happened proves nothing');
    const told = this.rig.told.filter((words) => words.startsWith('added shop/web-2 '));
    assert.equal(told.length, 1, 'what did not change was told once');
  }

  /** Lists begun so far. */
  lists(): number {
    return this.rig.observer.said.filter((words) => words.startsWith('list ')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rig?.[Symbol.asyncDispose]();
    await this.server.close();
    rmSync(this.#directory, { recursive: true });
  }
}

function failingPod(name: string, version: number, message: string): KubernetesObject {
  const status = rawStatus({
    state: waiting('CrashLoopBackOff', `${message}${version}`),
    lastState: terminated(1, 'Error', `containerd://${version}`),
    ready: false,
    restartCount: version,
  });
  const metadata: Raw = { name, namespace: 'shop', uid: undefined, resourceVersion: undefined };
  return rawPod({ metadata, status: { containerStatuses: [status] } }) as unknown as KubernetesObject;
}
