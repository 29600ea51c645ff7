// Several agents share a cluster by the uids of its pods: together they tell everything, and nothing twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PodProtobuf } from '../../../internal/kubernetes/pod-protobuf.ts';
import { silentReadObserver, type PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import { shardOf } from '../../../internal/kubernetes/scope-shard.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { failing, readNamespaces, readPods, withPodWatches } from '../../support/pod-watches-case.ts';
import { rawPod } from '../../support/raw-pod.ts';
import { pods } from '../../support/simulated-apiserver/resources.ts';
import type { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';
import { vectorObject } from '../../support/vectors.ts';

const COUNT = 3;
const NUMBERS = Array.from({ length: 60 }, (_, index) => index);
const NAMES = NUMBERS.flatMap((index) => [`bad-${index}`, `good-${index}`]);

/** Failing pods and quiet ones. */
function fleet(server: SimulatedApiServer): void {
  for (const index of NUMBERS) {
    failing(server, 'shop', `bad-${index}`);
    const { metadata: _own, ...quiet } = rawPod();
    server.put(pods, { ...quiet, metadata: { name: `good-${index}`, namespace: 'shop' } });
  }
}

for (const wire of ['json', 'protobuf'] as const) {
  describe(`a shard, as ${wire}`, () => {
    for (let shard = 0; shard < COUNT; shard++) {
      test(`${shard} of ${COUNT} knows and tells its own pods and no others, in lists, changes and deletions`, () =>
        withPodWatches(
          { mode: 'all' },
          [readPods, readNamespaces],
          async (rig, server) => {
            const uids = new Map(NAMES.map((name) => [name, server.store.get(pods, name, 'shop')?.uid]));
            const mine = (name: string): boolean => shardOf(uids.get(name) ?? '', COUNT) === shard;
            const bad = [...uids.keys()].filter((name) => name.startsWith('bad') && mine(name));
            assert.ok(bad.length > 0 && bad.length < 60);
            await rig.tells('synced');
            assert.deepEqual(rig.take().toSorted(), bad.map((name) => `shop/${name} added initial`).toSorted());
            assert.equal(rig.watches.describe().watches[0]?.pods, [...uids.keys()].filter(mine).length);

            for (const name of uids.keys()) if (name.startsWith('bad')) failing(server, 'shop', name);
            for (const name of uids.keys()) server.store.remove(pods, name, 'shop');
            await rig.until(() => rig.watches.describe().watches[0]?.pods === 0, 'all to go');
            const told = rig.take();
            assert.deepEqual(
              told.filter((words) => words.endsWith('modified watch')).toSorted(),
              bad.map((name) => `shop/${name} modified watch`).toSorted(),
            );
            assert.equal(told.length, bad.length + [...uids.keys()].filter(mine).length);
          },
          fleet,
          { isOurs: (uid) => shardOf(uid, COUNT) === shard, wire },
        ));
    }
  });
}

test('of a pod of another shard nothing is read but its identity, also where it is broken further on', () => {
  const read = (bytes: Buffer, isLast: boolean): PodReading | CodedError =>
    new PodProtobuf({ get: () => undefined, isOurs: () => false }, silentReadObserver).read(
      bytes,
      0,
      bytes.length,
      isLast,
    );
  for (const isLast of [false, true]) {
    const reading = read(vectorObject('crash'), isLast);
    assert.ok(!(reading instanceof CodedError));
    const { uid, resourceVersion, isQuiet, facts } = reading;
    assert.deepEqual(
      [uid, resourceVersion, isQuiet, facts],
      ['6d0f2f3e-0000-4000-8000-321380000000', '1001', true, undefined],
    );
  }
});
