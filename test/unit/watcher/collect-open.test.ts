import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collectOpen, type OpenParts } from '../../../cmd/watcher/collect-open.ts';
import { planeScope } from '../../../cmd/watcher/plane-scope.ts';
import type { WatchHealth } from '../../../cmd/watcher/watch-health.ts';
import type { PodFacts } from '../../../internal/pipeline/pod-facts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { app, pod } from '../../support/pod-builder.ts';

const broken = (name: string, nodeName = 'node-1'): PodFacts =>
  pod({ nodeName }).named('shop', name).with(app('web').waiting('ImagePullBackOff')).facts();

const fresh: WatchHealth = { verdict: 'fresh', ageMs: 2_000, problems: [], denied: [] };
const watch = { namespace: '', state: 'Watching', pods: 1, lastActivityMs: 0, error: undefined } as const;

type Described = ReturnType<OpenParts['watches']['describe']>;

interface Changes extends Partial<Pick<OpenParts, 'config' | 'nodeKeys' | 'watchHealth' | 'isLeading'>> {
  readonly pods?: readonly PodFacts[];
  readonly isSynced?: boolean;
}

function parts(changes: Changes): OpenParts & { readonly clock: ManualClock } {
  const { pods = [broken('a'), broken('b')], isSynced = true, ...given } = changes;
  const described: Described = {
    ...{ scope: 'all namespaces', plan: 'cluster', reason: 'all-namespaces-asked-for', isSynced, error: undefined },
    ...{ namespaces: { state: 'watching', count: 1 }, watches: [{ ...watch, isSynced }] },
  };
  return {
    config: { clusterId: 'c', watchNamespaceMode: 'all', nodeName: undefined, shard: undefined },
    watches: { pods: () => pods, describe: () => described },
    scope: 'all namespaces',
    watchHealth: () => fresh,
    delays: () => ({}),
    isLeading: () => true,
    clock: new ManualClock(),
    ...given,
  };
}

describe('a set of open incidents', () => {
  test('holds those of all pods, as of the last sign of life of the least fresh watch', async () => {
    const given = parts({});
    const sets = await collectOpen(given);
    assert.equal(sets?.length, 1);
    assert.equal(sets[0]?.incidentKeys.length, 2);
    assert.equal(sets[0].scope, undefined);
    assert.equal(sets[0].observedAtMs, given.clock.now() - 2_000);
  });

  for (const [why, change] of [
    ['a first sync is not over', { isSynced: false }],
    ['a watch has gone silent', { watchHealth: () => ({ ...fresh, verdict: 'stale' as const }) }],
    ['a namespace may not be read', { watchHealth: () => ({ ...fresh, denied: ['b'] }) }],
    ['a watch has a problem', { watchHealth: () => ({ ...fresh, problems: ['API_FORBIDDEN: list nodes'] }) }],
    ['no watch was heard from yet', { watchHealth: () => ({ ...fresh, ageMs: undefined }) }],
  ] as const) {
    test(`is not made where ${why}`, async () => {
      assert.equal(await collectOpen(parts(change)), undefined);
    });
  }

  test('is not made where a watch broke while it was gathered', async () => {
    let looks = 0;
    const watchHealth = (): WatchHealth => (looks++ === 0 ? fresh : { ...fresh, verdict: 'stale' });
    assert.equal(await collectOpen(parts({ watchHealth })), undefined);
  });

  test('of a large cluster is gathered piece by piece', async () => {
    const pods = Array.from({ length: 1000 }, (_, index) => broken(`pod-${index}`));
    const given = parts({ pods });
    let sets: Awaited<ReturnType<typeof collectOpen>>;
    const gathering = collectOpen(given).then((made) => (sets = made));
    await Promise.resolve();
    assert.equal(sets, undefined);
    for (let step = 0; step < 10; step++) await given.clock.advance(1);
    await gathering;
    assert.equal((sets as { incidentKeys: unknown[] }[] | undefined)?.[0]?.incidentKeys.length, 1000);
  });

  test('is of its own node where there is one agent a node, and of pods without a node for the leader', async () => {
    const config = { clusterId: 'c', watchNamespaceMode: 'all', nodeName: 'node-1', shard: undefined } as const;
    const pods = [broken('a'), broken('b', 'node-2'), broken('c', '')];
    const counts = async (isLeading: boolean): Promise<unknown> =>
      (await collectOpen(parts({ config, pods, isLeading: () => isLeading })))?.map(({ scope, incidentKeys }) => [
        scope,
        incidentKeys.length,
      ]);
    assert.deepEqual(await counts(false), [['node node-1', 1]]);
    assert.deepEqual(await counts(true), [
      ['node node-1', 1],
      ['no node', 1],
    ]);
  });
});

describe('open incidents of nodes', () => {
  const nodeKeys = (): string[] => ['node'];

  test('are in the set of the whole cluster, and in the leader’s where there is one agent a node', async () => {
    assert.ok((await collectOpen(parts({ nodeKeys })))?.[0]?.incidentKeys.includes('node'));
    const config = { clusterId: 'c', watchNamespaceMode: 'all', nodeName: 'node-1', shard: undefined } as const;
    const sets = (await collectOpen(parts({ config, nodeKeys }))) ?? [];
    const holding = sets.filter(({ incidentKeys }) => incidentKeys.includes('node'));
    assert.deepEqual(
      holding.map(({ scope }) => scope),
      ['no node'],
    );
  });

  test('keep the set from being made while not all nodes are known', async () => {
    assert.equal(await collectOpen(parts({ nodeKeys: () => undefined })), undefined);
  });
});

describe('the part of a cluster an agent tells of', () => {
  const all = { watchNamespaceMode: 'all', nodeName: undefined, shard: undefined } as const;

  test('is not named where it is all of it', () => {
    assert.equal(planeScope(all, 'all namespaces', 'node-1'), undefined);
  });

  test('is named by namespaces, shard and node', () => {
    const shard = { index: 1, count: 4 };
    const single = { ...all, watchNamespaceMode: 'single' } as const;
    assert.equal(planeScope(single, 'namespace shop', 'node-1'), 'namespace shop');
    assert.equal(planeScope({ ...single, shard }, 'namespace shop', ''), 'namespace shop, shard 1 of 4');
    assert.equal(planeScope({ ...all, nodeName: 'node-1' }, 'all namespaces', 'node-2'), 'node node-2');
  });
});
