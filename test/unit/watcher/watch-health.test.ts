import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agesByNamespace,
  behindOf,
  judgeNodes,
  judgeWatches,
  type WatchHealth,
} from '../../../cmd/watcher/watch-health.ts';

type Described = Parameters<typeof judgeWatches>[0];
type Watch = Described['watches'][number];

const NOW_MS = 1_000_000;
const STALE_AFTER_MS = 60_000;
const watch = (changes: Partial<Watch> = {}): Watch => ({
  ...{ namespace: 'a', state: 'Watching', isSynced: true, pods: 1, lastActivityMs: NOW_MS - 1000, error: undefined },
  ...changes,
});
const forbidden = watch({ namespace: 'b', error: 'API_FORBIDDEN', isSynced: false, lastActivityMs: undefined });
const described = (watches: readonly Watch[], changes: Partial<Described> = {}): Described => ({
  ...{ scope: 'all namespaces', plan: 'cluster', reason: 'all-namespaces-asked-for', isSynced: true, watches },
  ...{ namespaces: { state: 'watching', count: 1 }, error: undefined },
  ...changes,
});

const cases: readonly [promise: string, described: Described, verdict: WatchHealth['verdict']][] = [
  ['a watch that heard from its server lately is fresh', described([watch()]), 'fresh'],
  ['a scope without namespaces is fresh once that is known', described([]), 'fresh'],
  ['a first list that is not whole is not synced', described([watch()], { isSynced: false }), 'not-synced'],
  ['the least fresh watch decides', described([watch(), watch({ lastActivityMs: NOW_MS - 60_001 })]), 'stale'],
  ['one namespace without rights does not make the others unready', described([watch(), forbidden]), 'fresh'],
  ['no rights at all is unready', described([forbidden], { isSynced: true }), 'no-rights'],
  [
    'no right to pods nor namespaces is unready',
    described([], { isSynced: false, error: 'API_FORBIDDEN' }),
    'no-rights',
  ],
  [
    'in label mode namespaces must be readable',
    described([], { scope: 'namespaces labelled a=true', namespaces: { state: 'denied', count: 0 } }),
    'namespaces-denied',
  ],
  [
    'in a scope without namespaces the watch of these decides',
    described([], { namespaces: { state: 'watching', count: 0, lastActivityMs: NOW_MS - 60_001 } }),
    'stale',
  ],
  [
    'and so it does beside fresh watches',
    described([watch()], { namespaces: { state: 'watching', count: 1, lastActivityMs: NOW_MS - 60_001 } }),
    'stale',
  ],
  ['elsewhere they need not be', described([watch()], { namespaces: { state: 'denied', count: 0 } }), 'fresh'],
];
for (const [promise, given, verdict] of cases) {
  test(promise, () => assert.equal(judgeWatches(given, NOW_MS, STALE_AFTER_MS).verdict, verdict));
}

test('the age is that of the least fresh watch that may be read, and denied namespaces are named', () => {
  const { ageMs, denied } = judgeWatches(
    described([watch(), watch({ lastActivityMs: NOW_MS - 5000 }), forbidden]),
    NOW_MS,
    1,
  );
  assert.equal(ageMs, 5000);
  assert.deepEqual(denied, ['b']);
});

test('what keeps us from watching is named by code, verb, resource and place', () => {
  const unreachable = watch({ error: 'API_UNREACHABLE' });
  const denied = { state: 'denied', count: 0 } as const;
  const { problems } = judgeWatches(described([unreachable], { error: 'API_TLS', namespaces: denied }), NOW_MS, 1);
  assert.deepEqual(problems, [
    'API_TLS: list and watch pods in the whole cluster',
    'API_FORBIDDEN: list and watch namespaces',
    'API_UNREACHABLE: list and watch pods in namespace a',
  ]);
});

test('what is missing without making it unready is named as well', () => {
  const { verdict, problems } = judgeWatches(
    described([watch()], {
      scope: 'namespace shop',
      namespaces: { state: 'watching', count: 0, isMissing: true },
      leader: { state: 'denied', nodes: 0 },
    }),
    NOW_MS,
    STALE_AFTER_MS,
  );
  assert.equal(verdict, 'fresh');
  assert.deepEqual(problems, ['NAMESPACE_MISSING: namespace shop', 'API_FORBIDDEN: list and watch nodes']);
});

test('each namespace is as old as its least fresh watch, and one that may not be read has no age', () => {
  const [older, younger] = [watch({ lastActivityMs: NOW_MS - 3000 }), watch({ lastActivityMs: NOW_MS - 1000 })];
  const ages = agesByNamespace([older, younger, watch({ namespace: 'c', lastActivityMs: NOW_MS }), forbidden], NOW_MS);
  assert.deepEqual(ages, [
    ['c', 0],
    ['a', 3000],
  ]);
});

test('what a broken, listing or silent watch shows may be behind, and so may all where every watch is', () => {
  const behind = (...watches: Watch[]): string[] => [...behindOf({ watches }, NOW_MS, STALE_AFTER_MS)];
  const broken = watch({ namespace: 'b', state: 'BackingOff', error: 'API_UNREACHABLE' });
  assert.deepEqual(behind(watch()), []);
  assert.deepEqual(behind(watch(), watch({ namespace: 'b', state: 'Listed' })), []);
  assert.deepEqual(behind(watch(), forbidden), []);
  assert.deepEqual(behind(watch(), broken), ['b']);
  assert.deepEqual(behind(watch(), watch({ namespace: 'b', state: 'Listed', error: 'API_UNREACHABLE' })), ['b']);
  assert.deepEqual(behind(watch(), watch({ namespace: 'b', state: 'Listing' })), ['b']);
  assert.deepEqual(behind(watch(), watch({ namespace: 'b', lastActivityMs: NOW_MS - 60_001 })), ['b']);
  assert.deepEqual(behind(broken), ['b', '']);
  assert.deepEqual(behind(watch({ namespace: '', state: 'BackingOff' })), ['']);
  assert.deepEqual(behind(), []);
});

const ofNodes: readonly [promise: string, watch: Parameters<typeof judgeNodes>[0], isFresh: boolean][] = [
  ['nodes heard of lately are fresh', { state: 'watching', lastActivityMs: NOW_MS - 1000 }, true],
  ['nodes not heard of for too long are not', { state: 'watching', lastActivityMs: NOW_MS - 60_001 }, false],
  ['nodes that may not be read are not', { state: 'denied', lastActivityMs: undefined }, false],
  ['nodes that are being asked for may yet be', { state: 'asking', lastActivityMs: undefined }, true],
];

for (const [promise, described, isFresh] of ofNodes) {
  test(promise, () => assert.equal(judgeNodes(described, NOW_MS, STALE_AFTER_MS).isFresh, isFresh));
}
