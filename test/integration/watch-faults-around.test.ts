/**
 * Faults of what is around a watch: time, network, token, rights. Against the simulated API server, over real sockets;
 * nothing is lost, as in watch-faults.test.ts.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { systemClock, type Clock } from '../../internal/platform/clock.ts';
import { failing, readNamespaces, readPods, withPodWatches } from '../support/pod-watches-case.ts';
import { everything } from '../support/simulated-apiserver/authorization.ts';
import { namespaces, pods } from '../support/simulated-apiserver/resources.ts';
import { TcpRelay } from '../support/simulated-apiserver/tcp-relay.ts';
import { WatchWorld } from '../support/watch-world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The machine's clock, whose wall-clock time somebody sets. */
function settableClock(): Clock & { aheadMs: number } {
  const clock = systemClock();
  const settable = { ...clock, aheadMs: 0, now: () => clock.now() + settable.aheadMs };
  return settable;
}

const isWatching = ({ rig }: WatchWorld): boolean => rig.reflector.state.kind === 'Watching';

for (const format of ['json', 'protobuf'] as const) {
  describe(`over ${format}, the store equals the server`, { timeout: 120_000, concurrency: 4 }, () => {
    test('after twenty minutes of nothing but bookmarks and a reset, without a second list', async () => {
      await using world = await WatchWorld.start(format);
      await world.rig.equals(() => world.list());
      await world.rig.until('the watch', () => isWatching(world));
      for (let minute = 0; minute < 20; minute++) {
        // Something else is written, so that the pods' own resourceVersion grows old.
        const { revision } = world.server.put(namespaces, { metadata: { name: `other-${minute}` } });
        world.server.sendBookmarks({ resource: 'pods' });
        const { rig } = world;
        await rig.until(`bookmark ${minute}`, () => {
          const { state } = rig.reflector;
          return state.kind === 'Watching' && state.resourceVersion === String(revision);
        });
      }
      world.server.compact();
      world.server.cutConnections();
      world.put('web-3');
      await world.losesNothing();
      assert.equal(world.lists(), 1);
    });

    for (const [what, jumpMs] of [
      ['forward', DAY_MS],
      ['back', -DAY_MS],
    ] as const) {
      test(`after the clock jumped a day ${what}, in the stream and in a back-off, without a second list`, async () => {
        const clock = settableClock();
        await using world = await WatchWorld.start(format, { clock });
        await world.rig.equals(() => world.list());
        clock.aheadMs += jumpMs;
        world.put('web-3');
        await world.rig.equals(() => world.list());
        await world.server.stopListening();
        await world.rig.until('a back-off', () => world.rig.reflector.state.kind === 'BackingOff');
        clock.aheadMs += jumpMs;
        world.put('web-4');
        await world.server.listen();
        await world.losesNothing();
        assert.equal(world.lists(), 1);
      });
    }

    test('after its connection was dead without a word, and every new one for a while', async () => {
      await using relays = new AsyncDisposableStack();
      let relay: TcpRelay | undefined;
      const limits = { idleMs: 300, headersTimeoutMs: 300 };
      const relayedBy = async (port: number): Promise<number> => {
        relay = relays.use(await TcpRelay.start({ port }));
        return relay.port;
      };
      await using world = await WatchWorld.start(format, { limits, relayedBy });
      await world.rig.equals(() => world.list());
      await world.rig.until('the watch', () => isWatching(world));
      relay?.freeze();
      for (let at = 0; at < 5; at++) world.put(`web-${at}`);
      const { said } = world.rig.observer;
      await world.rig.until('the watch to be cut', () => said.includes('WATCH_IDLE'));
      await world.rig.until('a new one to be given up', () => said.includes('API_TIMEOUT'));
      relay?.thaw();
      await world.losesNothing();
      assert.equal(world.lists(), 1);
    });

    test('after its token was rotated and the old one withdrawn, without a second list', async () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'watcher-token-'));
      try {
        const token = (text: string): void => writeFileSync(path.join(directory, 'token'), text);
        await using world = await WatchWorld.start(format, {
          serviceAccountDir: directory,
          prepare: ({ server }) => {
            server.authorization.set({ name: 'agent', token: 'first', rules: everything });
            token('first');
          },
        });
        await world.rig.equals(() => world.list());
        world.server.authorization.set({ name: 'agent', token: 'second', rules: everything });
        world.server.cutConnections();
        await world.rig.until('a refusal', () => world.rig.observer.said.includes('API_UNAUTHORIZED'));
        world.put('web-3');
        token('second');
        await world.losesNothing();
        assert.equal(world.lists(), 1);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });

  test(`over ${format}, rights withdrawn in one of twenty namespaces leave nineteen as they were, and come back`, () => {
    const names = Array.from({ length: 20 }, (_, index) => `team-${index}`);
    const mayRead = (of: readonly string[]) => [{ ...readPods, namespaces: of }, readNamespaces];
    const others = names.filter((name) => name !== 'team-7');
    return withPodWatches(
      { mode: 'all' },
      mayRead(names),
      async (rig, server) => {
        await rig.until(() => names.every((name) => rig.told.includes(`${name}/first added initial`)), 'all', 30_000);
        const agent = server.authorization.named('agent');
        assert.ok(agent);
        const asking = agent.rules.slice(0, 1);
        server.authorization.set({ ...agent, rules: [...asking, ...mayRead(others)] });
        for (const watch of server.watches.open({ resource: 'pods', namespace: 'team-7' })) watch.end();
        const line = await rig.logs(
          ({ err }) => err?.message.includes('pods in namespace team-7 answered 403') === true,
        );
        assert.equal(line.err?.code, 'API_FORBIDDEN');
        for (const name of names) failing(server, name, 'second');
        await rig.tells(...others.map((name) => `${name}/second added watch`));
        assert.ok(!rig.told.some((words) => words.startsWith('team-7/second')));
        server.authorization.set({ ...agent, rules: [...asking, ...mayRead(names)] });
        await rig.until(() => rig.told.some((words) => words.startsWith('team-7/second added')), 'the rest', 60_000);
        const listed = [...server.store.historyOf(pods).values()].map(({ namespace, name }) => `${namespace}/${name}`);
        assert.deepEqual(rig.believed.names(), listed.sort());
        const told = rig.told.filter((words) => words !== 'synced');
        assert.equal(told.length, 40, 'each of forty pods once');
      },
      (server) => {
        for (const name of names) failing(server, name, 'first');
      },
      { wire: format === 'protobuf' ? 'protobuf' : 'json' },
    );
  });
}
