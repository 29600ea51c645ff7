import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fetchClusterUid } from '../../../internal/kubernetes/namespaces-cluster-uid.ts';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import { PodWatchesRig } from '../../support/pod-watches-rig.ts';
import { ask, failing, readNamespaces, readPods, withPodWatches } from '../../support/pod-watches-case.ts';
import { namespaces } from '../../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const directory = mkdtempSync(join(tmpdir(), 'watcher-pod-watches-'));
after(() => rmSync(directory, { recursive: true }));

const watched = { watch: 'true' };
const labelled: Scope = { mode: 'label', key: 'watch', value: 'true' };

function shops(server: SimulatedApiServer): void {
  server.ensureNamespace('shop', { ...watched, 'project-id': 'p-1' });
  server.ensureNamespace('bank');
  failing(server, 'shop', 'web');
  failing(server, 'bank', 'vault');
}

describe('one namespace', () => {
  const scope: Scope = { mode: 'single', namespace: 'shop' };

  test('is watched alone, with rights in it alone; its labels stay unknown, and that is said once', () =>
    withPodWatches(
      scope,
      [{ ...readPods, namespaces: ['shop'] }],
      async (rig, server) => {
        await rig.tells('synced');
        assert.deepEqual(rig.take(), ['shop/web added initial']);
        failing(server, 'bank', 'safe');
        failing(server, 'shop', 'cart');
        await rig.tells('shop/cart added watch');
        assert.equal(rig.take().length, 1);
        const plan = await rig.logs((line) => line.plan !== undefined);
        assert.deepEqual([plan.plan, plan.reason], ['single-namespace', 'one-namespace-asked-for']);
        const denied = await rig.logs((line) => line.err?.code === 'API_FORBIDDEN');
        assert.match(denied.err?.message ?? '', /list and watch namespaces/);
        assert.equal(rig.watches.labelsOf('shop'), undefined);
      },
      shops,
    ));

  test('that is not there is said once, with what to do, and noticed when it is made; the watch is well', () =>
    withPodWatches(scope, [readPods, readNamespaces], async (rig, server) => {
      await rig.tells('synced');
      const missing = await rig.logs((line) => line.err?.code === 'NAMESPACE_MISSING');
      assert.equal(missing.level, 'warn');
      assert.match(missing.remedy ?? '', /--watch-namespace/);
      assert.ok(rig.watches.isSynced);
      failing(server, 'shop', 'web');
      await rig.tells('shop/web added watch');
      await rig.logs((line) => line.msg.includes('is there now'));
      server.deleteNamespace('shop');
      const said = (): number => rig.log.filter((line) => line.err?.code === 'NAMESPACE_MISSING').length;
      await rig.until(() => said() === 2, 'to be told that it is gone');
    }));

  test('has its labels known where we may read them', () =>
    withPodWatches(
      scope,
      [readPods, readNamespaces],
      async (rig, server) => {
        await rig.until(() => rig.watches.labelsOf('shop') !== undefined, 'labels');
        assert.equal(rig.watches.labelsOf('shop')?.get('project-id'), 'p-1');
        assert.equal(rig.watches.labelsOf('bank'), undefined);
        server.ensureNamespace('shop', { 'project-id': 'p-2' });
        failing(server, 'shop', 'cart');
        await rig.until(() => rig.watches.labelsOf('shop')?.get('project-id') === 'p-2', 'new labels');
      },
      shops,
    ));
});

for (const [name, rules, plan] of [
  ['with rights in the cluster', [readPods, readNamespaces], 'cluster'],
  ['with rights in namespaces', [{ ...readPods, namespaces: ['shop', 'bank'] }, readNamespaces], 'namespaces'],
] as const) {
  describe(`labelled namespaces, ${name}`, () => {
    test('the plan is logged with its reason, and only what carries the label is told', () =>
      withPodWatches(
        labelled,
        rules,
        async (rig, server) => {
          await rig.tells('synced');
          assert.deepEqual(rig.take(), ['shop/web added initial']);
          assert.equal((await rig.logs((line) => line.plan !== undefined)).plan, plan);
          failing(server, 'bank', 'safe');
          failing(server, 'shop', 'cart');
          await rig.tells('shop/cart added watch');
          assert.equal(rig.take().length, 1);
          assert.equal(server.watches.open({ resource: 'pods' }).length, 1);
          assert.equal(rig.watches.labelsOf('shop')?.get('project-id'), 'p-1');
          assert.deepEqual([...rig.watches.pods()].map((pod) => pod.name).sort(), ['cart', 'web']);
          for (const pod of rig.watches.pods()) assert.deepEqual(rig.watches.pod(pod.uid), pod);
          assert.equal(rig.watches.pod('none of ours'), undefined);
        },
        shops,
      ));

    test('a new label is an initial sync, a lost one ends the telling, both at once', () =>
      withPodWatches(
        labelled,
        rules,
        async (rig, server) => {
          await rig.tells('synced');
          rig.take();
          server.ensureNamespace('bank', watched);
          await rig.tells('bank/vault added initial');
          failing(server, 'bank', 'safe');
          await rig.tells('bank/safe added watch');
          server.ensureNamespace('bank', { watch: 'no' });
          await rig.tells('left bank');
          rig.take();
          failing(server, 'bank', 'silent');
          failing(server, 'shop', 'cart');
          await rig.tells('shop/cart added watch');
          assert.deepEqual(rig.take(), ['shop/cart added watch']);
          assert.equal(rig.watches.isInScope('bank'), false);
          server.ensureNamespace('bank', watched);
          await rig.tells('bank/vault added initial', 'bank/safe added initial', 'bank/silent added initial');
        },
        shops,
      ));

    test('a namespace that is deleted leaves, one made anew under its name enters', () =>
      withPodWatches(
        labelled,
        rules,
        async (rig, server) => {
          await rig.tells('synced');
          rig.take();
          server.deleteNamespace('shop');
          await rig.tells('left shop');
          server.ensureNamespace('shop', watched);
          failing(server, 'shop', 'reborn');
          await rig.until(() => rig.told.some((words) => words.startsWith('shop/reborn added')), 'reborn');
        },
        shops,
      ));

    test('a namespace labelled and unlabelled 500 times leaves no watch, connection or timer behind', () =>
      withPodWatches(
        labelled,
        rules,
        async (rig, server) => {
          const rounds = async (count: number, everyRound: (round: number) => Promise<void>): Promise<number> => {
            for (let round = 1; round <= count; round++) {
              server.ensureNamespace('bank', watched);
              await everyRound(round);
              server.ensureNamespace('bank', {});
              if (round % 10 === 0) await rig.until(() => !rig.watches.isInScope('bank'), 'bank to leave');
            }
            await rig.until(() => !rig.watches.isInScope('bank'), 'bank to leave');
            await rig.until(() => server.watches.open({ resource: 'pods' }).length === 1, 'old watches to end');
            return process.getActiveResourcesInfo().length;
          };
          const isTold = (): Promise<void> => {
            rig.take();
            return rig.until(() => rig.told.some((words) => words.startsWith('bank/vault added')), 'vault');
          };
          await rig.tells('synced');
          const before = await rounds(20, isTold);
          await rounds(430, () => Promise.resolve());
          const after = await rounds(50, isTold);
          assert.ok(after <= before + 4, `${before} handles and requests before, ${after} after`);
          assert.ok(server.openConnections <= 6, `${server.openConnections} connections`);
          assert.equal(rig.watches.describe().watches.length, 1);
          rig.take();
          failing(server, 'shop', 'last');
          await rig.tells('shop/last added watch');
          assert.deepEqual(rig.take(), ['shop/last added watch']);
        },
        shops,
      ));
  });
}

describe('rights', () => {
  test('missing in one namespace leave the others alone, are named, and are used once granted', () =>
    withPodWatches(
      labelled,
      [{ ...readPods, namespaces: ['shop'] }, readNamespaces],
      async (rig, server) => {
        await rig.tells('synced', 'shop/web added initial');
        const denied = await rig.logs((line) => line.err?.code === 'API_FORBIDDEN');
        assert.match(denied.err?.message ?? '', /(list|watch) pods in namespace bank answered 403/);
        const watches = rig.watches.describe().watches;
        assert.equal(watches.find((watch) => watch.namespace === 'bank')?.error, 'API_FORBIDDEN');
        assert.equal(watches.find((watch) => watch.namespace === 'shop')?.error, undefined);
        server.authorization.set({ name: 'agent', token: 'agent-token', rules: [ask, readPods, readNamespaces] });
        await rig.until(() => rig.told.includes('bank/vault added initial'), 'bank', 20_000);
      },
      (server) => {
        shops(server);
        server.ensureNamespace('bank', watched);
      },
    ));

  test('withdrawn in the cluster make a plan of one watch a namespace', () =>
    withPodWatches(
      labelled,
      [readPods, readNamespaces],
      async (rig, server) => {
        await rig.tells('synced');
        const rules = [ask, readNamespaces, { ...readPods, namespaces: ['shop'] }];
        server.authorization.set({ name: 'agent', token: 'agent-token', rules });
        for (const watch of server.watches.open({ resource: 'pods' })) watch.end();
        await rig.until(() => rig.watches.describe().plan === 'namespaces', 'another plan', 20_000);
        failing(server, 'shop', 'cart');
        await rig.until(() => rig.told.some((words) => words.startsWith('shop/cart added')), 'cart');
      },
      shops,
    ));

  test('to list namespaces missing: nothing is watched in label mode, and an error says so', () =>
    withPodWatches(labelled, [readPods], async (rig) => {
      const line = await rig.logs(({ level }) => level === 'error');
      assert.equal(line.err?.code, 'API_FORBIDDEN');
      assert.match(line.msg, /nothing is watched/);
      assert.equal(rig.watches.isSynced, false);
      assert.equal(rig.watches.describe().namespaces.state, 'denied');
    }));

  test('to list namespaces missing: all namespaces are watched all the same where pods may be read', () =>
    withPodWatches(
      { mode: 'all' },
      [readPods],
      async (rig) => {
        await rig.tells('synced');
        assert.deepEqual(rig.take().sort(), ['bank/vault added initial', 'shop/web added initial']);
      },
      shops,
    ));
});

describe('an API server in trouble', () => {
  test('that cannot be asked for our rights at first is asked again', () =>
    withPodWatches(
      labelled,
      [readPods, readNamespaces],
      async (rig) => {
        await rig.tells('synced');
        assert.ok(rig.log.some((line) => line.msg.includes('could not be asked for our rights')));
      },
      (server) => {
        shops(server);
        const reviews = { resource: 'selfsubjectaccessreviews' };
        server.faults.add(reviews, { kind: 'status', code: 503 }, { times: 4 });
      },
    ));

  test('that forgot our place in the namespaces is listed anew, and what changed meanwhile enters and leaves', () =>
    withPodWatches(
      labelled,
      [readPods, readNamespaces],
      async (rig, server) => {
        await rig.tells('synced');
        rig.take();
        await server.stopListening();
        server.ensureNamespace('bank', watched);
        server.ensureNamespace('shop', {});
        server.store.remove(namespaces, 'shop');
        server.ensureNamespace('shop', {});
        server.compact();
        await server.listen();
        await rig.until(() => rig.told.includes('left shop'), 'left shop', 20_000);
        await rig.tells('bank/vault added initial');
      },
      shops,
    ));

  test('stop ends every watch, also while the server is gone', () =>
    withPodWatches(labelled, [readPods, readNamespaces], async (rig, server) => {
      await server.stopListening();
      await rig.watches.stop();
      await rig.watches.stop();
    }));
});

describe('the uid of the cluster', () => {
  test('is that of kube-system, and missing rights to it are named', async () => {
    await using server = await SimulatedApiServer.start({ users: [{ name: 'agent', token: 't', rules: [] }] });
    const known = server.store.get(namespaces, 'kube-system');
    const rigOf = (user: string): PodWatchesRig =>
      new PodWatchesRig(server.writeKubeconfig(join(directory, user), { user }), { mode: 'all' });
    await using admin = rigOf('admin');
    assert.equal(await fetchClusterUid(admin.connection.transport), known?.uid);
    await using agent = rigOf('agent');
    await assert.rejects(fetchClusterUid(agent.connection.transport), {
      code: 'API_FORBIDDEN',
      message: /get namespaces kube-system in the cluster answered 403/,
    });
  });
});
