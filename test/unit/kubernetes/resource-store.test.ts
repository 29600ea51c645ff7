import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readMetadataJson } from '../../../internal/kubernetes/resource-metadata.ts';
import { ResourceStore } from '../../../internal/kubernetes/resource-store.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import type { Thing } from '../../support/reflector-rig.ts';

function thing(uid: string, resourceVersion: string): Thing {
  return { uid, resourceVersion, name: uid };
}

describe('the store of small things', () => {
  test('tells added, modified with what was before, and deleted, and nothing twice', () => {
    const told: string[] = [];
    const synced: string[] = [];
    const store = new ResourceStore<Thing>(
      ({ type, cause, item, before }) =>
        void told.push(`${type} ${item.uid} ${cause} ${before?.resourceVersion ?? '-'}`),
      (cause) => void synced.push(cause),
    );
    store.listing();
    store.upsert(thing('a', '1'), 'initial');
    store.upsert(thing('b', '2'), 'initial');
    store.synced('5', 'initial');
    store.upsert(thing('a', '1'), 'watch');
    store.upsert(thing('a', '6'), 'watch');
    store.remove(thing('a', '7'), 'watch');
    store.listing();
    store.upsert(thing('c', '8'), 'relist');
    assert.equal(store.size, 2, 'nothing goes before the list is whole');
    store.synced('9', 'relist');
    assert.deepEqual(told, [
      'added a initial -',
      'added b initial -',
      'modified a watch 1',
      'deleted a watch 6',
      'added c relist -',
      'deleted b relist 2',
    ]);
    assert.deepEqual(synced, ['initial', 'relist']);
    assert.deepEqual(
      [...store.values()].map(({ uid }) => uid),
      ['c'],
    );
    assert.equal(store.get('c')?.resourceVersion, '8');
  });

  test('stays as it should be when a change is not taken', () => {
    const store = new ResourceStore<Thing>(() => {
      throw new Error('no');
    });
    assert.throws(() => store.upsert(thing('a', '1'), 'initial'));
    store.listing();
    assert.throws(() => store.synced('5', 'relist'), /1 objects gone/);
    assert.equal(store.size, 0);
  });
});

test('metadata of anything is read or refused, never thrown over', () => {
  for (const object of [undefined, null, 5, [], {}, { metadata: { uid: '' } }, { metadata: [] }]) {
    const refused = readMetadataJson(object);
    assert.ok(refused instanceof CodedError);
    assert.equal(refused.code, 'WATCH_OBJECT_INVALID');
  }
  const metadata = {
    uid: 'u',
    name: 'shop',
    labels: { watched: 'true' },
    annotations: { 'watcher/silence': 'until=2026' },
  };
  const read = readMetadataJson({ metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  assert.ok(!(read instanceof CodedError));
  assert.deepEqual(
    [read.name, read.labels.get('watched'), read.silence, read.isDeleting],
    ['shop', 'true', 'until=2026', true],
  );
});
