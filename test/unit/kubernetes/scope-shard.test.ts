import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { ShardSink, shardLeaseName, shardOf } from '../../../internal/kubernetes/scope-shard.ts';
import type { PodReading } from '../../../internal/kubernetes/pod-reading.ts';

describe('the shard of a pod', () => {
  test('never changes: these are what every version must come to', () => {
    // FNV-1a, 32 bits; its published vectors: '' is 811c9dc5, 'a' is e40c292c, 'foobar' is bf9cf968.
    const hash = (text: string): number => shardOf(text, 2 ** 32);
    assert.deepEqual([hash(''), hash('a'), hash('foobar')], [0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
    const uid = '6d0f2f3e-1c7a-4b3f-9d4e-0a1b2c3d4e5f';
    assert.deepEqual(
      [2, 3, 16].map((count) => shardOf(uid, count)),
      [1, 1, 10],
    );
  });

  test('is one of those there are, and with one shard it is that', () => {
    for (const uid of ['', 'x', 'ü', randomUUID(), 'f'.repeat(128)]) {
      assert.equal(shardOf(uid, 1), 0);
      for (let count = 2; count < 100; count++) {
        const shard = shardOf(uid, count);
        assert.ok(Number.isInteger(shard) && shard >= 0 && shard < count);
      }
    }
  });

  for (const count of [2, 3, 7, 16]) {
    test(`spreads uids evenly over ${count}, those of pods and those of static pods`, () => {
      for (const uidOf of [
        () => randomUUID(),
        () => randomUUID().replaceAll('-', ''),
        (index: number) => `uid-${index}`,
      ]) {
        const pods = new Array<number>(count).fill(0);
        const total = 4000 * count;
        for (let index = 0; index < total; index++) pods[shardOf(uidOf(index), count)]! += 1;
        for (const each of pods) assert.ok(Math.abs(each - 4000) < 400, `${each} of 4000`);
      }
    });
  }

  test('has a Lease of its own', () => {
    assert.equal(shardLeaseName('watcher-leader-lock', { index: 0, count: 2 }), 'watcher-leader-lock-shard-0-of-2');
  });
});

test('what belongs to another shard does not reach the store, lists are told all the same', () => {
  const told: string[] = [];
  const sink = new ShardSink(
    {
      listing: (cause) => told.push(`listing ${cause}`),
      upsert: ({ uid }, cause) => told.push(`upsert ${uid} ${cause}`),
      remove: ({ uid }, cause) => told.push(`remove ${uid} ${cause}`),
      synced: (version, cause) => told.push(`synced ${version} ${cause}`),
    },
    (uid) => uid === 'ours',
  );
  const reading = (uid: string): PodReading => ({
    ...{ uid, resourceVersion: '1', namespace: 'shop', name: 'web', isQuiet: true, images: '', facts: undefined },
  });
  sink.listing('initial');
  for (const uid of ['ours', 'theirs']) {
    sink.upsert(reading(uid), 'initial');
    sink.remove(reading(uid), 'watch');
  }
  sink.synced('7', 'initial');
  assert.deepEqual(told, ['listing initial', 'upsert ours initial', 'remove ours watch', 'synced 7 initial']);
});
