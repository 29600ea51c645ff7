// One agent a node: each tells of its own node's pods; the leader alone of those that no other agent tells of.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { failing, readNamespaces, readNodes, readPods, withPodWatches } from '../../support/pod-watches-case.ts';
import type { PodWatchesRig } from '../../support/pod-watches-rig.ts';
import { nodes, pods } from '../../support/simulated-apiserver/resources.ts';
import type { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const all: Scope = { mode: 'all' };
const rules = [readPods, readNamespaces, readNodes];

function node(server: SimulatedApiServer, name: string, ready: 'True' | 'False' | 'Unknown'): void {
  server.put(nodes, { metadata: { name }, status: { conditions: [{ type: 'Ready', status: ready }] } });
}

/** Pods on node `mine`, on `other`, and on none. */
function fleet(server: SimulatedApiServer): void {
  node(server, 'mine', 'True');
  node(server, 'other', 'True');
  failing(server, 'shop', 'here', { nodeName: 'mine' });
  failing(server, 'shop', 'there', { nodeName: 'other' });
  failing(server, 'shop', 'nowhere', { nodeName: '' });
}

const onMine = (
  run: (rig: PodWatchesRig, server: SimulatedApiServer) => Promise<void>,
  given: { scope?: Scope; rules?: typeof rules; prepare?: (server: SimulatedApiServer) => void } = {},
): Promise<void> =>
  withPodWatches(given.scope ?? all, given.rules ?? rules, run, given.prepare ?? fleet, { nodeName: 'mine' });

const isOfNoNode = ({ query }: { query: URLSearchParams }): boolean => query.get('fieldSelector') === 'spec.nodeName=';
const openWatches = (server: SimulatedApiServer): number => server.watches.open({ resource: 'pods' }).length;

describe('an agent of one node that does not lead', () => {
  test('tells of the pods there and of no others, by one watch', () =>
    onMine(async (rig, server) => {
      await rig.tells('synced');
      assert.deepEqual(rig.take(), ['shop/here added initial']);
      failing(server, 'shop', 'there', { nodeName: 'other' });
      failing(server, 'shop', 'nowhere', { nodeName: '' });
      failing(server, 'shop', 'here', { nodeName: 'mine' });
      await rig.tells('shop/here modified watch');
      assert.deepEqual(rig.take(), ['shop/here modified watch']);
      assert.equal(openWatches(server), 1);
      assert.equal(server.watches.open({ resource: 'nodes' }).length, 0, 'nodes are the business of the leader');
      const { plan, watches, leader } = rig.watches.describe();
      assert.deepEqual([plan, watches[0]?.nodeName, leader], ['cluster', 'mine', undefined]);
    }));

  test('does so in one namespace, and in labelled ones without rights in the cluster', async () => {
    await onMine(
      async (rig, server) => {
        await rig.tells('synced');
        failing(server, 'bank', 'other', { nodeName: 'mine' });
        failing(server, 'shop', 'more', { nodeName: 'mine' });
        await rig.tells('shop/more added watch');
        assert.deepEqual(rig.take(), ['shop/here added initial', 'shop/more added watch']);
      },
      { scope: { mode: 'single', namespace: 'shop' } },
    );
    await onMine(
      async (rig) => {
        await rig.tells('synced');
        assert.deepEqual(rig.take(), ['shop/here added initial']);
        assert.equal(rig.watches.describe().plan, 'namespaces');
      },
      {
        scope: { mode: 'label', key: 'watch', value: 'true' },
        rules: [{ ...readPods, namespaces: ['shop'] }, readNamespaces, readNodes],
        prepare: (server) => {
          fleet(server);
          server.ensureNamespace('shop', { watch: 'true' });
        },
      },
    );
  });

  test('tells of a pod that is deleted there', () =>
    onMine(async (rig, server) => {
      await rig.tells('synced');
      server.store.remove(pods, 'here', 'shop');
      await rig.tells('shop/here deleted watch');
    }));
});

describe('the leader among the agents of all nodes', () => {
  test('tells of pods without a node from the beginning of its term to the end', () =>
    onMine(async (rig, server) => {
      await rig.tells('synced');
      rig.take();
      rig.watches.lead(true);
      await rig.tells('shop/nowhere added initial');
      failing(server, 'shop', 'adrift', { nodeName: '' });
      await rig.tells('shop/adrift added watch');
      assert.deepEqual(rig.take(), ['shop/nowhere added initial', 'shop/adrift added watch']);
      rig.watches.lead(false);
      await rig.tells('shop/nowhere left initial', 'shop/adrift left initial');
      rig.take();
      await rig.until(() => openWatches(server) === 1, 'the watch to end');
      failing(server, 'shop', 'lost', { nodeName: '' });
      failing(server, 'shop', 'here', { nodeName: 'mine' });
      await rig.tells('shop/here modified watch');
      assert.deepEqual(rig.take(), ['shop/here modified watch']);
    }));

  test('takes a pod that got a node for one that left, not for a deleted one', () =>
    onMine(async (rig, server) => {
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial');
      rig.take();
      failing(server, 'shop', 'nowhere', { nodeName: 'other' });
      await rig.tells('shop/nowhere left watch');
      assert.deepEqual(rig.take(), ['shop/nowhere left watch']);
    }));

  test('says nothing of a leaving where the pod came to its own node', () =>
    onMine(async (rig, server) => {
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial');
      await server.watches.opened({ resource: 'pods' });
      rig.take();
      failing(server, 'shop', 'nowhere', { nodeName: 'mine' });
      await rig.tells('shop/nowhere added watch');
      failing(server, 'shop', 'last', { nodeName: '' });
      await rig.tells('shop/last added watch');
      const told = rig.take();
      // Two watches bring it, in whichever order; if the leaving comes first it is told, and made good by the coming.
      const left = told.indexOf('shop/nowhere left watch');
      assert.ok(left < told.indexOf('shop/nowhere added watch'), told.join(', '));
    }));

  test('says nothing of a leaving where another of its own watches already brings the pod', () => {
    const clock = new ManualClock();
    const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial', 'shop/there added initial');
      const ofNoNode = await server.watches.opened({ resource: 'pods', where: isOfNoNode });
      ofNoNode.strike({ kind: 'black-hole' });
      rig.take();
      failing(server, 'shop', 'nowhere', { nodeName: 'other' });
      await rig.tells('shop/nowhere added watch');
      failing(server, 'shop', 'last', { nodeName: '' });
      await clock.advance(200_000);
      await rig.tells('shop/last added watch');
      assert.deepEqual(rig.take(), ['shop/nowhere added watch', 'shop/last added watch']);
    };
    const prepare = (server: SimulatedApiServer): void => {
      fleet(server);
      node(server, 'other', 'False');
    };
    return withPodWatches(all, rules, run, prepare, { nodeName: 'mine', clock });
  });

  test('tells of the pods of a node while it is not Ready, beginning with an initial sync', () =>
    onMine(async (rig, server) => {
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial');
      rig.take();
      node(server, 'other', 'Unknown');
      await rig.tells('shop/there added initial');
      failing(server, 'shop', 'there', { nodeName: 'other' });
      await rig.tells('shop/there modified watch');
      assert.deepEqual(rig.watches.describe().leader, { state: 'watching', nodes: 1 });
      node(server, 'mine', 'False');
      node(server, 'other', 'True');
      await rig.tells('shop/there left initial');
      await rig.until(() => openWatches(server) === 2, 'its watch to end');
      assert.deepEqual(rig.take(), [
        'shop/there added initial',
        'shop/there modified watch',
        'shop/there left initial',
      ]);
      assert.deepEqual([...rig.watches.pods()].map(({ name }) => name).sort(), ['here', 'nowhere']);
      for (const pod of rig.watches.pods()) assert.deepEqual(rig.watches.pod(pod.uid), pod);
      assert.equal(rig.watches.pod('none of ours'), undefined);
    }));

  test('tells of nodes themselves, its own among them, for as long as it leads', () =>
    onMine(async (rig, server) => {
      const told: string[] = [];
      rig.onNode = (words) => {
        told.push(words);
        rig.told.push(words);
      };
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial');
      await server.watches.opened({ resource: 'nodes' });
      node(server, 'other', 'Unknown');
      await rig.tells('shop/there added initial');
      assert.deepEqual(told, ['added mine True', 'added other True', 'modified other Unknown']);
      rig.watches.lead(false);
      assert.deepEqual(told.slice(-1), ['void']);
    }));

  test('looks after the pods of a node that is deleted, until they are collected', () => {
    const clock = new ManualClock();
    const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
      rig.watches.lead(true);
      await rig.until(() => rig.watches.describe().leader?.state === 'watching', 'nodes');
      await server.watches.opened({ resource: 'nodes' });
      await rig.tells('shop/nowhere added initial');
      server.store.remove(nodes, 'other');
      await rig.tells('shop/there added initial');
      server.store.remove(pods, 'there', 'shop');
      await rig.tells('shop/there deleted watch');
      assert.equal(rig.watches.describe().leader?.nodes, 1);
      await clock.advance(5 * 60_000);
      assert.equal(rig.watches.describe().leader?.nodes, 0);
    };
    return withPodWatches(all, rules, run, fleet, { nodeName: 'mine', clock });
  });

  for (const [ready, watched] of [
    ['Unknown', 1],
    ['True', 0],
  ] as const) {
    test(`goes by the node that is there, ${ready}, where it was made anew under its name while nobody watched`, () => {
      const clock = new ManualClock();
      const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
        const told: string[] = [];
        rig.onNode = (words) => told.push(words);
        rig.watches.lead(true);
        await rig.tells('synced', 'shop/nowhere added initial');
        const watch = await server.watches.opened({ resource: 'nodes' });
        watch.strike({ kind: 'black-hole' });
        server.store.remove(nodes, 'other');
        node(server, 'other', ready);
        server.compact();
        const isSwept = (): boolean => told.includes('deleted other True');
        while (!isSwept()) {
          await clock.advance(10_000);
          await setImmediate();
        }
        assert.equal(rig.watches.describe().leader?.nodes, watched);
        await clock.advance(6 * 60_000);
        assert.equal(rig.watches.describe().leader?.nodes, watched);
      };
      return withPodWatches(all, rules, run, fleet, { nodeName: 'mine', clock });
    });
  }

  test('without the right to see nodes says so once, and tells of pods without a node all the same', () =>
    onMine(
      async (rig) => {
        rig.watches.lead(true);
        await rig.tells('shop/nowhere added initial');
        const line = await rig.logs(({ err }) => err?.message.includes('list and watch nodes') === true);
        assert.equal(line.level, 'warn');
        assert.equal(rig.watches.describe().leader?.state, 'denied');
      },
      { rules: [readPods, readNamespaces] },
    ));

  test('watches all pods once where very many nodes are not Ready, and goes back, without telling anything twice', () =>
    onMine(async (rig, server) => {
      rig.watches.lead(true);
      await rig.tells('synced', 'shop/nowhere added initial');
      const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
      for (const [index, name] of names.entries()) {
        failing(server, 'shop', `pod-${index}`, { nodeName: name });
        node(server, name, 'False');
      }
      await rig.tells(...names.map((_, index) => `shop/pod-${index} added initial`));
      await rig.until(() => openWatches(server) === 2, 'one watch of all pods beside our own node');
      assert.ok(!rig.told.some((words) => words.startsWith('shop/there')), 'pods of other nodes are passed over');
      node(server, 'other', 'False');
      await rig.tells('shop/there added initial');
      node(server, 'other', 'True');
      await rig.tells('shop/there left initial');
      for (const name of names.slice(5)) node(server, name, 'True');
      await rig.tells(...names.slice(5).map((_, index) => `shop/pod-${index + 5} left initial`));
      await rig.until(() => openWatches(server) === 7, 'a watch a node again');
      failing(server, 'shop', 'pod-0', { nodeName: 'n0' });
      await rig.tells('shop/pod-0 modified watch');
      const told = rig.take().filter((words) => words.includes('pod-0 '));
      assert.deepEqual(told, ['shop/pod-0 added initial', 'shop/pod-0 modified watch']);
    }));

  test('stops everything at once, in the middle of a term', () =>
    onMine(async (rig, server) => {
      rig.watches.lead(true);
      await rig.tells('synced');
      rig.take();
      await rig.watches.stop();
      rig.watches.lead(false);
      rig.watches.lead(true);
      failing(server, 'shop', 'late', { nodeName: '' });
      assert.deepEqual(rig.take(), []);
      await rig.until(
        () => server.watches.open().length === 0 || server.openConnections === 0,
        'all watches to end',
        3000,
      );
    }));
});
