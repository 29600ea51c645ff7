/**
 * Every fault that a list or a watch can meet, over real sockets against the simulated API server, in both wire formats:
 * whatever happens, the store then equals an independent full list, and nothing was told twice.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { ReflectorLimits } from '../../internal/kubernetes/reflector-types.ts';
import { rawPod, rawStatus, waiting, type Raw } from '../support/raw-pod.ts';
import { jsonMetadata, jsonObjects } from '../support/simulated-apiserver/json-encoder.ts';
import type { KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { failure } from '../support/simulated-apiserver/status.ts';
import { protobufMetadata, protobufObjects } from '../support/simulated-protobuf.ts';
import { StoreRig } from '../support/store-rig.ts';

type Format = 'json' | 'protobuf';

class World implements AsyncDisposable {
  readonly server: SimulatedApiServer;
  readonly rig: StoreRig;
  readonly #directory: string;
  #version = 0;

  private constructor(server: SimulatedApiServer, format: Format, limits: Partial<ReflectorLimits>) {
    this.server = server;
    this.#directory = mkdtempSync(path.join(tmpdir(), 'watcher-reflector-'));
    const kubeconfig = server.writeKubeconfig(path.join(this.#directory, 'kubeconfig'));
    this.rig = new StoreRig({ kubeconfig, limits: { format, streamingList: 'never', pageItems: 2, ...limits } });
  }

  /** With ten failing pods; `prepare` before the reflector starts. */
  static async start(
    format: Format,
    limits: Partial<ReflectorLimits> = {},
    prepare: (server: SimulatedApiServer) => void = () => undefined,
  ): Promise<World> {
    const encoders = [jsonObjects, jsonMetadata, protobufObjects, protobufMetadata];
    const server = await SimulatedApiServer.start({ encoders });
    for (let at = 0; at < 10; at++) server.put(pods, failingPod(`web-${at}`));
    prepare(server);
    return new World(server, format, limits);
  }

  put(name: string, message = ''): void {
    this.#version += 1;
    this.server.put(pods, failingPod(name, `${message}${this.#version}`));
  }

  /** What an independent list says. */
  list(): string[] {
    const all = [...this.server.store.historyOf(pods).values()];
    return all.map(({ namespace, name, uid, revision }) => `${namespace}/${name} ${uid} ${revision}`);
  }

  /** The store is as the server is, and goes on being so. */
  async converges(): Promise<void> {
    await this.rig.synced();
    await this.rig.equals(() => this.list());
    this.put('web-last');
    this.server.store.remove(pods, 'web-1', 'shop');
    await this.rig.equals(() => this.list());
    assert.equal(this.server.faults.pending, 0, 'a fault that never happened proves nothing');
    const told = this.rig.told.filter((words) => words.startsWith('added shop/web-2 '));
    assert.equal(told.length, 1, 'what did not change was told once');
  }

  lists(): number {
    return this.rig.observer.said.filter((words) => words.startsWith('list ')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.server.close();
    rmSync(this.#directory, { recursive: true });
  }
}

function failingPod(name: string, message = ''): KubernetesObject {
  const parts = { state: waiting('CrashLoopBackOff', message), ready: false, restartCount: 3 };
  const metadata: Raw = { name, namespace: 'shop', uid: undefined, resourceVersion: undefined };
  return rawPod({ metadata, status: { containerStatuses: [rawStatus(parts)] } }) as unknown as KubernetesObject;
}

const lists = { verb: 'list', resource: 'pods' } as const;
const watches = { verb: 'watch', resource: 'pods' } as const;

for (const format of ['json', 'protobuf'] as const) {
  describe(`over ${format}, the store equals the server`, { timeout: 120_000, concurrency: 8 }, () => {
    test('in fair weather', async () => {
      await using world = await World.start(format);
      await world.converges();
      const accepts = new Set(world.server.requests.all(lists).map(({ accept }) => accept));
      assert.deepEqual([...accepts], [format === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf']);
    });

    test('where the list is streamed', async () => {
      await using world = await World.start(format, { streamingList: 'try' });
      await world.converges();
      assert.equal(world.server.requests.all(lists).length, 0);
    });

    for (const [what, fault] of [
      ['answers 410', { kind: 'expired' }],
      ['answers 500', { kind: 'status', code: 500 }],
      ['answers 429 with Retry-After', { kind: 'status', code: 429, retryAfter: '1' }],
      ['is cut off by the connection', { kind: 'reset-body' }],
      ['ends early as if that were all', { kind: 'truncate' }],
      ['stalls half-way', { kind: 'stall-body' }],
      ['is never answered', { kind: 'hang' }],
    ] as const) {
      test(`after page 2 of 5 ${what}`, async () => {
        await using world = await World.start(format, { headersTimeoutMs: 300 }, (server) =>
          server.faults.add(lists, fault, { skip: 1 }),
        );
        await world.converges();
      });
    }

    test('after the first list answers 503 once', async () => {
      await using world = await World.start(format, {}, (server) =>
        server.faults.add(lists, { kind: 'status', code: 503 }),
      );
      await world.converges();
    });

    for (const [what, fault] of [
      ['500 once', { kind: 'status', code: 500 }],
      ['429 once', { kind: 'status', code: 429 }],
      ['by a reset', { kind: 'reset' }],
    ] as const) {
      test(`after a watch start is answered ${what}, without a second list`, async () => {
        await using world = await World.start(format, {}, (server) => server.faults.add(watches, fault));
        await world.converges();
        assert.equal(world.lists(), 1);
      });
    }

    test('after a watch start is answered 410, by one more list', async () => {
      await using world = await World.start(format, {}, (server) => server.faults.add(watches, { kind: 'expired' }));
      await world.converges();
      assert.equal(world.lists(), 2);
    });

    for (const [what, fault, isRelisted] of [
      ['is reset in the middle of a frame', { kind: 'reset-in-frame', afterFrames: 1 }, false],
      ['ends in the middle of a frame', { kind: 'end-in-frame', afterFrames: 1 }, false],
      ['ends', { kind: 'end', afterFrames: 1 }, false],
      ['goes silent', { kind: 'black-hole', afterFrames: 1 }, false],
      ['brings garbage', { kind: 'inject', bytes: Buffer.from('\0\0\0\x03abc\n'), afterFrames: 1 }, false],
      [
        'brings a Status of 500',
        { kind: 'error-event', status: failure(500, 'InternalError', 'no'), afterFrames: 1 },
        false,
      ],
      [
        'brings a Status of 410',
        { kind: 'error-event', status: failure(410, 'Expired', 'too old'), afterFrames: 1 },
        true,
      ],
    ] as const) {
      test(`after the stream ${what}${isRelisted ? ', by one more list' : ', without a second list'}`, async () => {
        await using world = await World.start(format, { idleMs: 300 }, (server) => server.faults.add(watches, fault));
        await world.rig.synced();
        for (let at = 0; at < 4; at++) world.put(`web-${at}`);
        await world.converges();
        assert.equal(world.lists(), isRelisted ? 2 : 1);
      });
    }

    test('after history was compacted while nobody watched, and a pod was made anew under its name', async () => {
      await using world = await World.start(format);
      await world.rig.equals(() => world.list());
      await world.server.stopListening();
      world.server.store.remove(pods, 'web-3', 'shop');
      world.server.store.remove(pods, 'web-4', 'shop');
      world.put('web-4');
      world.put('web-new');
      world.server.compact();
      await world.server.listen();
      await world.converges();
      const words = world.rig.told.filter((line) => /web-(3|4|new) relist/.test(line)).sort();
      const expected = ['added shop/web-4 relist', 'added shop/web-new relist'];
      assert.deepEqual(words, [...expected, 'deleted shop/web-3 relist', 'deleted shop/web-4 relist']);
    });

    test('after the server was away for a while, without a second list', async () => {
      await using world = await World.start(format);
      await world.rig.equals(() => world.list());
      await world.server.stopListening();
      for (let at = 0; at < 5; at++) world.put(`web-${at}`);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await world.server.listen();
      await world.converges();
      assert.equal(world.lists(), 1);
    });

    test('after a message of 1 MiB, of which 1 KiB is kept', async () => {
      await using world = await World.start(format);
      await world.rig.synced();
      world.put('web-0', 'm'.repeat(1 << 20));
      await world.converges();
      const [pod] = world.rig.store.podsOf('shop').filter(({ name }) => name === 'web-0');
      const state = pod?.containers[0]?.state;
      assert.equal(state?.kind === 'waiting' && state.message.length, 1024);
    });

    test('after 5,000 pods failed at once', async () => {
      await using world = await World.start(format, { pageItems: 500 });
      await world.rig.synced();
      for (let at = 0; at < 5000; at++) world.put(`storm-${at}`);
      await world.converges();
      assert.equal(world.rig.told.filter((words) => words.startsWith('added shop/storm-')).length, 5000);
    });
  });
}

test('a server without protobuf is asked for JSON after its first refusal, and that is logged once', async () => {
  const server = await SimulatedApiServer.start();
  server.put(pods, failingPod('web-0'));
  const directory = mkdtempSync(path.join(tmpdir(), 'watcher-reflector-'));
  const kubeconfig = server.writeKubeconfig(path.join(directory, 'kubeconfig'));
  const rig = new StoreRig({ kubeconfig });
  try {
    await rig.synced();
    await rig.until('the watch', () => rig.reflector.state.kind === 'Watching');
    assert.equal(
      server.requests.all({ resource: 'pods', where: ({ accept }) => accept.includes('protobuf') }).length,
      1,
    );
    assert.equal(rig.log.filter(({ msg }) => String(msg).includes('asking for JSON from now on')).length, 1);
  } finally {
    await rig[Symbol.asyncDispose]();
    await server.close();
    rmSync(directory, { recursive: true });
  }
});
