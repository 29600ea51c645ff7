// The labels of a namespace say whose failure it is: they are known before its first change is told.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope } from '../../../internal/kubernetes/scope.ts';
import { failing, failingEarly, readNamespaces, readPods, withPodWatches } from '../../support/pod-watches-case.ts';
import type { PodWatchesRig } from '../../support/pod-watches-rig.ts';
import type { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const ofNamespaces = { resource: 'namespaces' } as const;

function shop(server: SimulatedApiServer): void {
  server.ensureNamespace('shop', { 'project-id': 'p-1' });
  failing(server, 'shop', 'web');
}

function projectAtFirstWord(rig: PodWatchesRig, words: string): string | undefined {
  return rig.told.includes(words) ? rig.projectAt.get(words) : assert.fail(`not told: ${words}`);
}

for (const scope of [{ mode: 'single', namespace: 'shop' }, { mode: 'all' }] as const satisfies Scope[]) {
  describe(`the labels of a namespace, in mode ${scope.mode}`, () => {
    test('are known before the first pod is told, even if they take a second', () =>
      withPodWatches(
        scope,
        [readPods, readNamespaces],
        async (rig) => {
          await rig.tells('shop/web added initial', 'synced');
          assert.equal(projectAtFirstWord(rig, 'shop/web added initial'), 'p-1');
        },
        (server) => {
          shop(server);
          server.faults.add(ofNamespaces, { kind: 'delay', ms: 1000 });
        },
      ));

    test('are not waited for where we may not read them', () =>
      withPodWatches(
        scope,
        [readPods],
        async (rig) => {
          const beganMs = performance.now();
          await rig.tells('shop/web added initial');
          assert.ok(performance.now() - beganMs < 1500);
          assert.equal(projectAtFirstWord(rig, 'shop/web added initial'), undefined);
        },
        shop,
      ));

    test('are waited for five seconds and no longer, and that is said', () =>
      withPodWatches(
        scope,
        [readPods, readNamespaces],
        async (rig) => {
          await rig.tells('shop/web added initial', 'synced');
          const late = await rig.logs(({ reason }) => reason === 'namespaces-late');
          assert.equal(late.level, 'warn');
        },
        (server) => {
          shop(server);
          server.faults.add(ofNamespaces, { kind: 'hang' }, { times: Infinity });
        },
      ));
  });
}

describe('a namespace made while we watch', () => {
  const all: Scope = { mode: 'all' };

  test('is known before its first pod is told, though the pod is seen first', () =>
    withPodWatches(all, [readPods, readNamespaces], async (rig, server) => {
      await rig.tells('synced');
      failingEarly(server, 'shop', 'web');
      failingEarly(server, 'shop', 'web');
      failing(server, 'default', 'other');
      await rig.tells('default/other added watch');
      assert.ok(!rig.told.includes('shop/web added watch'));
      server.ensureNamespace('shop', { 'project-id': 'p-2' });
      await rig.tells('shop/web modified watch');
      assert.deepEqual(rig.take().slice(-2), ['shop/web added watch', 'shop/web modified watch']);
      assert.equal(rig.projectAt.get('shop/web added watch'), 'p-2');
    }));

  test('is told without its labels a second later, if it does not show; the next change at once', () =>
    withPodWatches(all, [readPods, readNamespaces], async (rig, server) => {
      await rig.tells('synced');
      failingEarly(server, 'shop', 'web');
      await rig.tells('shop/web added watch');
      assert.equal(projectAtFirstWord(rig, 'shop/web added watch'), undefined);
      const line = await rig.logs(({ reason }) => reason === 'waited-long-enough');
      assert.equal(line.level, 'warn');
      const beganMs = performance.now();
      failingEarly(server, 'shop', 'cart');
      await rig.tells('shop/cart added watch');
      assert.ok(performance.now() - beganMs < 900);
    }));
});
