// Which watches bring the pods is chosen by how many matter, and changed while pods fail, without losing one.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ask, failing, readNamespaces, readPods, withPodWatches } from '../../support/pod-watches-case.ts';
import type { PodWatchesRig } from '../../support/pod-watches-rig.ts';
import { rawPod } from '../../support/raw-pod.ts';
import { pods } from '../../support/simulated-apiserver/resources.ts';
import type { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const labelled: Scope = { mode: 'label', key: 'watch', value: 'true' };
const watched = { watch: 'true' };
const rules = [readPods, readNamespaces];
const COUNT_EVERY_MS = 10 * 60_000;

/** Pods there is nothing to say about, in a namespace nobody asked for. */
function bulk(server: SimulatedApiServer, count: number): void {
  for (let index = 0; index < count; index++) {
    const { metadata: _own, ...pod } = rawPod();
    server.put(pods, { ...pod, metadata: { name: `quiet-${index}`, namespace: 'bulk' } });
  }
}

function shops(server: SimulatedApiServer): void {
  for (const name of ['shop', 'bank']) {
    server.ensureNamespace(name, watched);
    failing(server, name, 'web');
  }
}

const open = (server: SimulatedApiServer): string[] =>
  server.watches
    .open({ resource: 'pods' })
    .map(({ request }) => request.namespace)
    .sort();

const plan = async (rig: PodWatchesRig, words: string): Promise<void> =>
  rig.until(() => `${rig.watches.describe().plan}: ${rig.watches.describe().reason}` === words, words);

async function namespacesChosen(rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> {
  await plan(rig, 'namespaces: few-namespaces-matter');
  await rig.until(() => open(server).join() === 'bank,shop', 'one watch a namespace');
}

describe('few labelled namespaces in a large cluster', () => {
  test('are watched one by one, though the whole cluster might be', () =>
    withPodWatches(
      labelled,
      rules,
      async (rig, server) => {
        await rig.tells('synced', 'shop/web added initial', 'bank/web added initial');
        await namespacesChosen(rig, server);
        assert.equal(rig.log.filter((line) => line.plan !== undefined).length, 1);
        assert.equal(
          rig.watches.describe().watches.reduce((sum, watch) => sum + watch.pods, 0),
          2,
        );
        server.ensureNamespace('third', watched);
        failing(server, 'third', 'web');
        await rig.until(() => rig.told.some((words) => words.startsWith('third/web added')), 'the third');
      },
      (server) => {
        bulk(server, 1100);
        shops(server);
      },
    ));

  test('are watched at once in the cluster where counting fails', () =>
    withPodWatches(
      labelled,
      rules,
      async (rig) => {
        await rig.tells('synced', 'shop/web added initial');
        assert.equal(rig.watches.describe().reason, 'pods-not-counted');
        await rig.logs((line) => line.msg.includes('could not be counted'));
      },
      (server) => {
        bulk(server, 1100);
        shops(server);
        const counting = {
          resource: 'pods',
          where: ({ query }: { query: URLSearchParams }) => query.get('limit') === '1',
        };
        server.faults.add(counting, { kind: 'status', code: 500 }, { times: Infinity });
      },
    ));

  test('become one watch where they become many, and what fails meanwhile is told once', () =>
    withPodWatches(
      labelled,
      rules,
      async (rig, server) => {
        await rig.tells('synced', 'shop/web added initial', 'bank/web added initial');
        await namespacesChosen(rig, server);
        const ofCluster = { resource: 'pods', path: '/api/v1/pods' };
        server.faults.add(ofCluster, { kind: 'delay', ms: 300 });
        rig.take();
        const listed = server.requests.next(ofCluster);
        for (let index = 0; index < 20; index++) server.ensureNamespace(`more-${index}`, watched);
        await listed;
        failing(server, 'shop', 'meanwhile');
        failing(server, 'more-19', 'meanwhile');
        server.store.remove(pods, 'web', 'bank');
        await plan(rig, 'cluster: many-namespaces');
        await rig.until(() => open(server).join() === '', 'one watch of the cluster');
        failing(server, 'more-0', 'after');
        await rig.tells('more-0/after added watch');
        const told = rig.take().map((words) => words.replace(/ (initial|watch|relist)$/, ''));
        assert.deepEqual(told.toSorted(), [
          'bank/web deleted',
          'more-0/after added',
          'more-19/meanwhile added',
          'shop/meanwhile added',
        ]);
      },
      (server) => {
        bulk(server, 1100);
        shops(server);
      },
    ));
});

describe('a cluster that grows', () => {
  test('gets a watch a namespace at the next count, and what happens in between is told once', () => {
    const clock = new ManualClock();
    const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
      await rig.tells('synced', 'shop/web added initial', 'bank/web added initial');
      await plan(rig, 'cluster: few-pods-spared');
      bulk(server, 1100);
      const ofShop = { resource: 'pods', verb: 'watch', namespace: 'shop' };
      server.faults.add(ofShop, { kind: 'delay', ms: 400 });
      server.faults.add({ ...ofShop, verb: 'list' }, { kind: 'delay', ms: 400 }, { skip: 1 });
      await rig.until(() => rig.watches.describe().watches[0]?.pods === 1102, 'all pods');
      rig.take();
      const counted = server.requests.next({ resource: 'pods', namespace: 'shop' });
      await clock.advance(COUNT_EVERY_MS);
      await counted;
      await plan(rig, 'namespaces: few-namespaces-matter');
      failing(server, 'shop', 'meanwhile');
      failing(server, 'shop', 'web');
      server.store.remove(pods, 'web', 'bank');
      await namespacesChosen(rig, server);
      failing(server, 'shop', 'after');
      await rig.tells('shop/after added watch');
      const told = rig.take().map((words) => words.replace(/ (initial|watch|relist)$/, ''));
      assert.deepEqual(told.toSorted(), [
        'bank/web deleted',
        'shop/after added',
        'shop/meanwhile added',
        'shop/web modified',
      ]);
    };
    return withPodWatches(labelled, rules, run, shops, { clock });
  });

  test('keeps its plan while it can only be changed in vain, and a new one waits ten seconds at most', () => {
    const clock = new ManualClock();
    const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
      await rig.tells('synced', 'shop/web added initial', 'bank/web added initial');
      bulk(server, 1100);
      await rig.until(() => rig.watches.describe().watches[0]?.pods === 1102, 'all pods');
      server.faults.add(
        { resource: 'pods', verb: 'watch', namespace: 'shop' },
        { kind: 'status', code: 500 },
        { times: Infinity },
      );
      await clock.advance(COUNT_EVERY_MS);
      await plan(rig, 'namespaces: few-namespaces-matter');
      rig.take();
      failing(server, 'shop', 'meanwhile');
      await rig.tells('shop/meanwhile added watch');
      assert.deepEqual(
        rig.watches.describe().watches.map(({ namespace }) => namespace),
        [''],
      );
      await clock.advance(10_000);
      await rig.until(() => open(server).join() === 'bank', 'the old watch to end');
      assert.deepEqual(rig.take(), ['shop/meanwhile added watch']);
      server.faults.clear();
      await clock.advance(200_000);
      await rig.tells('shop/meanwhile added initial');
    };
    return withPodWatches(labelled, rules, run, shops, { clock });
  });
});

test('rights withdrawn and granted again change the plan, and what fails meanwhile is told', () => {
  const clock = new ManualClock();
  const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
    const allow = (...given: typeof rules): void =>
      server.authorization.set({ name: 'agent', token: 'agent-token', rules: [ask, ...given] });
    // Seconds pass one by one, so that none of them passes while an answer is on its way.
    const secondsUntil = async (words: string): Promise<void> => {
      const timer = setInterval(() => void clock.advance(1000), 50);
      await plan(rig, words).finally(() => clearInterval(timer));
    };
    await rig.tells('synced');
    allow(readNamespaces, { ...readPods, namespaces: ['shop', 'bank'] });
    for (const watch of server.watches.open({ resource: 'pods' })) watch.end();
    await secondsUntil('namespaces: no-cluster-rights');
    await rig.until(() => open(server).join() === 'bank,shop', 'one watch a namespace');
    failing(server, 'shop', 'meanwhile');
    await rig.until(() => rig.told.some((words) => words.startsWith('shop/meanwhile added')), 'meanwhile');
    allow(...rules);
    await secondsUntil('cluster: few-pods-spared');
    await rig.until(() => open(server).join() === '', 'one watch of the cluster');
    failing(server, 'bank', 'after');
    await rig.until(() => rig.told.some((words) => words.startsWith('bank/after added')), 'after');
    for (const name of ['shop/web', 'bank/web', 'shop/meanwhile']) {
      assert.equal(rig.told.filter((words) => words.startsWith(`${name} added`)).length, 1, name);
    }
  };
  return withPodWatches(labelled, rules, run, shops, { clock });
});
