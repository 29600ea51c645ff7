/**
 * Every fault that a list or a watch can meet, over real sockets against the simulated API server, in both wire formats:
 * whatever happens, the store then equals an independent full list field by field, the failures derived are those of an
 * undisturbed run, and nothing was told twice (watch-judge.ts). Faults of what is around the watch (time, network,
 * token, rights): watch-faults-around.test.ts; the same on a real API server: watch-faults-real.test.ts.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { failure } from '../support/simulated-apiserver/status.ts';
import { rawPod } from '../support/raw-pod.ts';
import { StoreRig } from '../support/store-rig.ts';
import { WatchWorld } from '../support/watch-world.ts';

const lists = { verb: 'list', resource: 'pods' } as const;
const watches = { verb: 'watch', resource: 'pods' } as const;

for (const format of ['json', 'protobuf'] as const) {
  describe(`over ${format}, the store equals the server`, { timeout: 120_000, concurrency: 8 }, () => {
    test('in fair weather', async () => {
      await using world = await WatchWorld.start(format);
      await world.losesNothing();
      const accepts = new Set(world.server.requests.all(lists).map(({ accept }) => accept));
      assert.deepEqual([...accepts], [format === 'json' ? 'application/json' : 'application/vnd.kubernetes.protobuf']);
    });

    test('where the list is streamed', async () => {
      await using world = await WatchWorld.start(format, { limits: { streamingList: 'try' } });
      await world.losesNothing();
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
        await using world = await WatchWorld.start(format, {
          limits: { headersTimeoutMs: 300 },
          prepare: ({ server }) => server.faults.add(lists, fault, { skip: 1 }),
        });
        await world.losesNothing();
      });
    }

    test('after the first list answers 503 once', async () => {
      await using world = await WatchWorld.start(format, {
        prepare: ({ server }) => server.faults.add(lists, { kind: 'status', code: 503 }),
      });
      await world.losesNothing();
    });

    for (const [what, fault] of [
      ['500 once', { kind: 'status', code: 500 }],
      ['429 once', { kind: 'status', code: 429 }],
      ['by a reset', { kind: 'reset' }],
    ] as const) {
      test(`after a watch start is answered ${what}, without a second list`, async () => {
        await using world = await WatchWorld.start(format, {
          prepare: ({ server }) => server.faults.add(watches, fault),
        });
        await world.losesNothing();
        assert.equal(world.lists(), 1);
      });
    }

    test('after a watch start is answered 410, by one more list', async () => {
      await using world = await WatchWorld.start(format, {
        prepare: ({ server }) => server.faults.add(watches, { kind: 'expired' }),
      });
      await world.losesNothing();
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
        await using world = await WatchWorld.start(format, {
          limits: { idleMs: 300 },
          prepare: ({ server }) => server.faults.add(watches, fault),
        });
        await world.rig.synced();
        for (let at = 0; at < 4; at++) world.put(`web-${at}`);
        await world.losesNothing();
        assert.equal(world.lists(), isRelisted ? 2 : 1);
      });
    }

    test('after history was compacted while nobody watched, and a pod was made anew under its name', async () => {
      await using world = await WatchWorld.start(format);
      await world.rig.equals(() => world.list());
      await world.server.stopListening();
      world.remove('web-3');
      world.remove('web-4');
      world.put('web-4');
      world.put('web-new');
      world.server.compact();
      await world.server.listen();
      await world.losesNothing();
      const words = world.rig.told.filter((line) => /web-(3|4|new) relist/.test(line)).sort();
      const expected = ['added shop/web-4 relist', 'added shop/web-new relist'];
      assert.deepEqual(words, [...expected, 'deleted shop/web-3 relist', 'deleted shop/web-4 relist']);
    });

    test('after the server was away for a while, without a second list', async () => {
      await using world = await WatchWorld.start(format);
      await world.rig.equals(() => world.list());
      await world.server.stopListening();
      for (let at = 0; at < 5; at++) world.put(`web-${at}`);
      const { said } = world.rig.observer;
      await world.rig.until('two refusals', () => said.filter((words) => words === 'API_UNREACHABLE').length >= 2);
      await world.server.listen();
      await world.losesNothing();
      assert.equal(world.lists(), 1);
    });

    test('after a message of 1 MiB, of which 1 KiB is kept', async () => {
      await using world = await WatchWorld.start(format);
      await world.rig.synced();
      world.put('web-0', 'm'.repeat(1 << 20));
      await world.losesNothing();
      const [pod] = world.rig.store.podsOf('shop').filter(({ name }) => name === 'web-0');
      const state = pod?.containers[0]?.state;
      assert.equal(state?.kind === 'waiting' && state.message.length, 1024);
    });

    test('after 5,000 pods failed at once', async () => {
      await using world = await WatchWorld.start(format, { limits: { pageItems: 500 } });
      await world.rig.synced();
      for (let at = 0; at < 5000; at++) world.put(`storm-${at}`);
      await world.losesNothing();
      assert.equal(world.rig.told.filter((words) => words.startsWith('added shop/storm-')).length, 5000);
    });
  });
}

test('a server without protobuf is asked for JSON after its first refusal, and that is logged once', async () => {
  const server = await SimulatedApiServer.start();
  server.put(pods, rawPod() as unknown as KubernetesObject);
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
