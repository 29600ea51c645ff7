/**
 * The faults of a watch on a real API server: whatever happens, the store then equals an independent full list field by
 * field, and the failures derived are those of an undisturbed run (watch-judge.ts). Rights withdrawn: scope.test.ts.
 *
 * Measured on kube-apiserver 1.36: a watch that begins at a revision nobody knows any more is answered with 200 and an
 * ERROR event of 410, whether etcd has forgotten it or the watch cache: "at start" and "in the stream" are one there. A
 * server that has just restarted may serve it from etcd all the same. An open watch whose next event etcd has forgotten
 * ends with an ERROR event of 500, and begun anew, with one of 410.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { rewriteInEtcd } from '../support/etcd-of.ts';
import type { StoreRigOptions } from '../support/store-rig.ts';
import { RealWatchWorld } from '../support/watch-world-real.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;
const names = ['stays', 'goes', 'made-anew'];
const streamed: StoreRigOptions['limits'] = { streamingList: 'try' };
const paged: StoreRigOptions['limits'] = { streamingList: 'never', pageItems: 2 };

/** What happens while nobody watches: a pod goes, another is made anew under its name, a third is new. */
async function gap(world: RealWatchWorld, meanwhile: () => Promise<unknown>): Promise<void> {
  // A store may be whole before its watch has begun, and then there is nothing to cut.
  await world.rig.until('a watch', () => world.rig.observer.said.includes('watch'));
  world.rig.cutOff();
  await world.remove('goes');
  await world.remove('made-anew');
  await world.fail('made-anew');
  await world.fail('new');
  await meanwhile();
  world.rig.reconnect();
  await world.losesNothing();
}

/** What came and went in the gap was told once each, however it was made good. */
function assertToldOnce({ rig }: RealWatchWorld): void {
  const told = rig.told.filter((words) => /^(added|deleted) .*\/(goes|made-anew|new) (relist|watch)$/.test(words));
  const changes = told.map((words) => words.replace(/ \w+$/, '')).sort();
  assert.deepEqual(changes, ['added shop/made-anew', 'added shop/new', 'deleted shop/goes', 'deleted shop/made-anew']);
}

/** By one list. */
function assertRelisted({ rig }: RealWatchWorld): void {
  const { said } = rig.observer;
  assert.ok(said.indexOf('ended expired') > said.indexOf('watch'), said.join(', '));
  assert.equal(said.filter((words) => words === 'list expired').length, 1);
}

describe('on a real API server the store equals a full list', { skip, timeout: 300_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());
  const inWorld = async (options: Omit<StoreRigOptions, 'onChange'>, run: (world: RealWatchWorld) => Promise<void>) => {
    await using world = await RealWatchWorld.start(cluster, names, options);
    await run(world);
  };

  test('after a gap that its history still holds, without a second list', () =>
    inWorld({ limits: paged }, async (world) => {
      await gap(world, () => Promise.resolve());
      assertToldOnce(world);
      assert.equal(world.lists(), 1);
    }));

  for (const [what, limits] of [
    ['streamed', streamed],
    ['in pages', paged],
  ] as const) {
    test(`after a gap in which the API server was restarted, with one more list at most (list ${what})`, () =>
      inWorld({ limits }, async (world) => {
        await gap(world, () => cluster.restartApiServer());
        assertToldOnce(world);
        assert.ok(world.lists() <= 2);
      }));
  }

  test('after the API server was restarted while it watched, with one more list at most', () =>
    inWorld({}, async (world) => {
      await world.fail('stays');
      await cluster.restartApiServer({ downMs: 2_000 });
      await world.fail('goes');
      await world.losesNothing();
      assert.ok(world.lists() <= 2);
    }));

  test('after the API server stood still for longer than its watch is patient', () =>
    inWorld({ limits: { idleMs: 1_000, headersTimeoutMs: 1_000 } }, async (world) => {
      cluster.pauseApiServer();
      try {
        await world.rig.until('the watch to be cut', () => world.rig.observer.said.includes('WATCH_IDLE'));
      } finally {
        cluster.resumeApiServer();
      }
      await world.fail('stays');
      await world.losesNothing();
    }));

  test('after the token of its service account was rotated and the old one revoked, without a second list', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'watcher-service-account-'));
    try {
      const account = await serviceAccount(cluster, directory);
      const old = await account.issue();
      await inWorld({ inCluster: account.inCluster, limits: paged }, async (world) => {
        world.rig.cutOff();
        await account.revoke(old);
        await world.fail('stays');
        world.rig.reconnect();
        await world.rig.until('a refusal', () => world.rig.observer.said.includes('API_UNAUTHORIZED'), 60_000);
        await account.issue();
        await world.losesNothing();
        assert.equal(world.lists(), 1);
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('on a real API server without a watch cache the store equals a full list', { skip, timeout: 300_000 }, () => {
  for (const [what, limits] of [
    ['streamed', streamed],
    ['in pages', paged],
  ] as const) {
    test(`after history was compacted while nobody watched (list ${what})`, async () => {
      await using cluster = await startCluster({ watchCache: false });
      await using world = await RealWatchWorld.start(cluster, names, { limits });
      await gap(world, () => cluster.compactEtcd());
      assertToldOnce(world);
      assertRelisted(world);
    });
  }

  test('after etcd forgot, in the middle of its watch, what the API server had still to bring', async () => {
    await using cluster = await startCluster({ watchCache: false });
    await using world = await RealWatchWorld.start(cluster, names, { limits: streamed });
    // So much that no buffer between etcd and a server that stands still takes it.
    const annotations = { padding: 'x'.repeat(200_000) };
    await cluster.api('PATCH', '/api/v1/namespaces/shop/pods/goes', { metadata: { annotations } });
    await world.settles();
    cluster.pauseApiServer();
    try {
      await rewriteInEtcd(cluster, '/registry/pods/shop/goes', 100);
      await cluster.compactEtcd();
    } finally {
      cluster.resumeApiServer();
    }
    await world.fail('new');
    await world.losesNothing();
    assertRelisted(world);
    const { said } = world.rig.observer;
    assert.ok(said.indexOf('ended failed') > said.indexOf('watch'), `the stream itself broke: ${said.join(', ')}`);
  });
});

interface Token {
  readonly text: string;
  /** The Secret it is bound to, and ends with (KEP-1205). */
  readonly secret: string;
}

/** A service account that may watch pods, mounted in `directory` as in a pod. */
async function serviceAccount(cluster: Cluster, directory: string) {
  const accounts = '/api/v1/namespaces/shop/serviceaccounts';
  const secrets = '/api/v1/namespaces/shop/secrets';
  await cluster.createNamespace('shop').catch(() => undefined);
  await cluster.api('POST', accounts, { metadata: { name: 'agent' } });
  await cluster.kubectl(['create', 'clusterrole', 'pods', '--verb=list,watch', '--resource=pods']);
  await cluster.kubectl(['create', 'clusterrolebinding', 'agent', '--clusterrole=pods', '--serviceaccount=shop:agent']);
  writeFileSync(path.join(directory, 'ca.crt'), readFileSync(cluster.caFile, 'utf8'));
  writeFileSync(path.join(directory, 'namespace'), 'shop');
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: new URL(cluster.url).port };
  let issued = 0;
  return {
    inCluster: { env, serviceAccountDir: directory },
    issue: async (): Promise<Token> => {
      const secret = `bound-${(issued += 1)}`;
      await cluster.api('POST', secrets, { metadata: { name: secret } });
      const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name: secret };
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } };
      const { status } = await cluster.api<{ status: { token: string } }>('POST', `${accounts}/agent/token`, body);
      writeFileSync(path.join(directory, 'token'), status.token);
      return { text: status.token, secret };
    },
    /** Resolves once the API server refuses it: it remembers for some seconds whom it knew. */
    revoke: async ({ text, secret }: Token): Promise<void> => {
      await cluster.api('DELETE', `${secrets}/${secret}`);
      const isKnown = (): Promise<boolean> =>
        cluster.api('GET', '/api/v1/pods?limit=1', undefined, { token: text }).then(
          () => true,
          (error: unknown) => (error as { status?: number }).status !== 401,
        );
      while (await isKnown()) await setTimeout(250);
    },
  };
}
