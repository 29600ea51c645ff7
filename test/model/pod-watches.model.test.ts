/**
 * Whatever comes and goes, in whatever order and however fast: what was told adds up to what there is. Random histories
 * of pods, nodes, labels, leadership and layouts against the simulated API server; who listens keeps a list of failing
 * pods from nothing but what it is told, and in the end that list is the server's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { PodWatchGroup } from '../../internal/kubernetes/pod-watch-group.ts';
import type { WatchLayout } from '../../internal/kubernetes/scope-layout.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import '../support/exit-at-once.ts';
import { failing, readNamespaces, readNodes, readPods, withPodWatches } from '../support/pod-watches-case.ts';
import { BelievedPods, type PodWatchesRig } from '../support/pod-watches-rig.ts';
import { nodes, pods } from '../support/simulated-apiserver/resources.ts';
import type { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const NAMESPACES = ['n0', 'n1', 'n2'];
const NODES = ['', 'mine', 'a', 'b'];
const WITHIN_MS = 30_000;
/** An agreement that holds for so long is one. */
const LASTING_MS = 40;

type Op =
  | { readonly op: 'fail'; readonly pod: string; readonly node: string }
  | { readonly op: 'remove'; readonly pod: string }
  | { readonly op: 'label'; readonly namespace: string; readonly isWatched: boolean }
  | { readonly op: 'node'; readonly node: string; readonly ready: 'True' | 'False' | 'gone' }
  | { readonly op: 'lead'; readonly isLeading: boolean }
  | { readonly op: 'layout'; readonly kind: number }
  | { readonly op: 'pause'; readonly ms: number };

const podName = fc
  .tuple(fc.constantFrom(...NAMESPACES), fc.nat(3))
  .map(([namespace, index]) => `${namespace}/p${index}`);
const fail = fc.record({ op: fc.constant('fail' as const), pod: podName, node: fc.constantFrom(...NODES) });
const remove = fc.record({ op: fc.constant('remove' as const), pod: podName });
const pause = fc.record({ op: fc.constant('pause' as const), ms: fc.nat(15) });
const label = fc.record({
  op: fc.constant('label' as const),
  namespace: fc.constantFrom(...NAMESPACES),
  isWatched: fc.boolean(),
});
const node = fc.record({
  op: fc.constant('node' as const),
  node: fc.constantFrom('a', 'b'),
  ready: fc.constantFrom('True' as const, 'False' as const, 'gone' as const),
});
const lead = fc.record({ op: fc.constant('lead' as const), isLeading: fc.boolean() });
const layout = fc.record({ op: fc.constant('layout' as const), kind: fc.nat(2) });

/** What is in the server, as the test put it there. */
class World {
  readonly server: SimulatedApiServer;
  /** Node by pod. */
  readonly pods = new Map<string, string>();
  readonly watched = new Set<string>();
  /** Not Ready, or gone for less than five minutes. */
  readonly lost = new Set<string>();
  readonly known = new Set<string>();
  isLeading = false;

  constructor(server: SimulatedApiServer) {
    this.server = server;
  }

  do(op: Exclude<Op, { op: 'pause' | 'lead' | 'layout' }>): void {
    switch (op.op) {
      case 'fail':
        this.#fail(op.pod, op.node);
        break;
      case 'remove':
        this.#remove(op.pod);
        break;
      case 'label':
        this.server.ensureNamespace(op.namespace, op.isWatched ? { watch: 'true' } : {});
        if (op.isWatched) this.watched.add(op.namespace);
        else this.watched.delete(op.namespace);
        break;
      case 'node':
        this.#node(op.node, op.ready);
    }
  }

  /** A node is given once and never taken. */
  #fail(pod: string, nodeName: string): void {
    const before = this.pods.get(pod);
    if (before !== undefined && before !== '' && before !== nodeName) this.#remove(pod);
    const [namespace = '', name = ''] = pod.split('/');
    failing(this.server, namespace, name, { nodeName });
    this.pods.set(pod, nodeName);
  }

  #remove(pod: string): void {
    const [namespace = '', name = ''] = pod.split('/');
    if (this.pods.delete(pod)) this.server.store.remove(pods, name, namespace);
  }

  #node(name: string, ready: 'True' | 'False' | 'gone'): void {
    if (ready === 'gone') {
      if (!this.known.delete(name)) return;
      this.server.store.remove(nodes, name);
    } else {
      this.known.add(name);
      this.server.put(nodes, { metadata: { name }, status: { conditions: [{ type: 'Ready', status: ready }] } });
    }
    if (ready === 'True') this.lost.delete(name);
    else this.lost.add(name);
  }
}

/**
 * In the end what was told adds up to `expected`. It may do so for a moment earlier, while changes are still on their
 * way: so only an agreement that lasts counts.
 */
async function agreed(rig: PodWatchesRig, believed: BelievedPods, expected: readonly string[]): Promise<void> {
  const wanted = expected.toSorted().join();
  const clock = systemClock();
  const endMs = clock.monotonicMs() + WITHIN_MS;
  let sinceMs = clock.monotonicMs();
  while (clock.monotonicMs() - sinceMs < LASTING_MS) {
    await setTimeout(5);
    if (believed.names().join() !== wanted) sinceMs = clock.monotonicMs();
    if (clock.monotonicMs() > endMs) {
      assert.equal(believed.names().join(), wanted, `told: ${rig.told.slice(-50).join('; ')}`);
    }
  }
}

// Shrinking a history that takes as long as its deadline to fail would take for ever.
const runs = { numRuns: 25, endOnFailure: true };
const rules = [readPods, readNamespaces, readNodes];

describe('what was told adds up to what there is', () => {
  test('for an agent of one node, leading or not, while labels, nodes and pods come and go', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fail, remove, label, node, lead, pause), { maxLength: 60 }), async (ops) => {
        const scope = { mode: 'label', key: 'watch', value: 'true' } as const;
        const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
          const world = new World(server);
          for (const op of ops) {
            if (op.op === 'pause') await setTimeout(op.ms);
            else if (op.op === 'lead') rig.watches.lead((world.isLeading = op.isLeading));
            else world.do(op);
          }
          // A node that was gone before the leader looked is not known to have been.
          for (const name of world.lost) world.do({ op: 'node', node: name, ready: 'False' });
          const isOurs = (nodeName: string): boolean =>
            nodeName === 'mine' || (world.isLeading && (nodeName === '' || world.lost.has(nodeName)));
          const expected = [...world.pods].filter(
            ([pod, nodeName]) => world.watched.has(pod.split('/')[0] ?? '') && isOurs(nodeName),
          );
          await agreed(
            rig,
            rig.believed,
            expected.map(([pod]) => pod),
          );
          const known = [...rig.watches.pods()].map(({ namespace, name }) => `${namespace}/${name}`);
          assert.equal(known.toSorted().join(), rig.believed.names().join());
        };
        await withPodWatches(scope, rules, run, undefined, { nodeName: 'mine' });
      }),
      runs,
    ));

  test('for watches whose layout changes while pods come, change and go', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fail, remove, layout, pause), { maxLength: 60 }), async (ops) => {
        const run = async (rig: PodWatchesRig, server: SimulatedApiServer): Promise<void> => {
          const world = new World(server);
          const believed = new BelievedPods();
          const group = new PodWatchGroup({
            parts: {
              ...{ transport: rig.connection.transport, clock: systemClock(), random: systemRandom() },
              logger: silentLogger(),
            },
            accepts: () => true,
            events: {
              change: (change) => believed.change(change),
              progressed: () => undefined,
              failed: () => undefined,
            },
          });
          try {
            group.arrange(layouts[0]);
            for (const op of ops) {
              if (op.op === 'pause') await setTimeout(op.ms);
              else if (op.op === 'layout') group.arrange(layouts[op.kind] ?? layouts[0]);
              else world.do(op);
            }
            await agreed(rig, believed, [...world.pods.keys()]);
          } finally {
            await group.stop();
          }
        };
        await withPodWatches({ mode: 'single', namespace: 'none' }, rules, run);
      }),
      runs,
    ));
});

/** Three ways to bring all pods. */
const layouts: readonly [WatchLayout, ...WatchLayout[]] = [
  { kind: 'cluster', targets: targets([''], [undefined]) },
  { kind: 'namespaces', targets: targets(NAMESPACES, [undefined]) },
  { kind: 'nodes', targets: targets([''], NODES) },
];

function targets(namespaces: readonly string[], nodeNames: readonly (string | undefined)[]): WatchLayout['targets'] {
  const all = namespaces.flatMap((namespace) => nodeNames.map((nodeName) => ({ namespace, nodeName })));
  return new Map(all.map((target) => [`${target.namespace}|${target.nodeName ?? '*'}`, target]));
}
