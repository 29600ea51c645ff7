/** The history gives back every moment it has not forgotten, exactly. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../../support/manual-clock.ts';
import { ObjectStore } from '../../support/simulated-apiserver/object-store.ts';
import { pods } from '../../support/simulated-apiserver/resources.ts';
import type { StoredObject } from '../../support/simulated-apiserver/stored-object.ts';

const newStore = (historyLimit = 1000): ObjectStore =>
  new ObjectStore({ clock: new ManualClock(), resources: [pods], historyLimit });

function put(store: ObjectStore, name: string, step = 0): StoredObject {
  return store.put(pods, { metadata: { name, namespace: 'ns' }, spec: { step } });
}

const shown = (objects: readonly StoredObject[] | undefined): string[] | undefined =>
  objects?.map((object) => `${object.name}@${object.revision}`);

describe('history', () => {
  test('any run of writes: a snapshot shows what was there then, and a watch from there tells the rest', () => {
    const write = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), isDelete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 40 }), fc.nat({ max: 40 }), (writes, keepLast) => {
        const store = newStore();
        const then = new Map<number, string[] | undefined>();
        const history = store.historyOf(pods);
        const remember = (): unknown => then.set(store.revision, shown(history.snapshot(store.revision)));
        remember();
        for (const { name, isDelete } of writes) {
          if (isDelete) store.remove(pods, name, 'ns');
          else put(store, name);
          remember();
        }
        const last = store.revision;
        store.compact(keepLast);
        for (const [revision, state] of then) {
          const isKept = revision >= last - keepLast;
          assert.deepEqual(shown(history.snapshot(revision)), isKept ? state : undefined);
          assert.equal(history.indexAfter(revision) !== undefined, isKept);
        }
      }),
    );
  });

  test('a deletion is told with the last state and the revision of the deletion', () => {
    const store = newStore();
    put(store, 'a', 7);
    store.remove(pods, 'a', 'ns');
    const event = store.historyOf(pods).at(1);
    assert.ok(event !== undefined && event !== 'forgotten');
    assert.equal(event.type, 'DELETED');
    assert.deepEqual(event.object.body()['spec'], { step: 7 });
    assert.equal(event.object.body().metadata.resourceVersion, String(store.revision));
  });

  test('no more is kept than the limit and a quarter of it', () => {
    const store = newStore(100);
    for (let step = 0; step < 1000; step++) put(store, 'a', step);
    const history = store.historyOf(pods);
    const first = history.indexAfter(history.compactedRevision) ?? 0;
    assert.ok(history.endIndex - first >= 100);
    assert.ok(history.endIndex - first <= 126);
    assert.equal(history.at(first - 1), 'forgotten');
  });

  test('what one resource does is no event of another, but counts revisions for all', () => {
    const store = newStore();
    const before = store.revision;
    put(store, 'a');
    assert.equal(store.revision, before + 1);
    assert.equal(put(store, 'b').revision, before + 2);
  });

  test('an object given as a function is made when it is looked at, and keeps its uid through changes', () => {
    const store = newStore();
    let made = 0;
    const source = (step: number) => () => {
      made += 1;
      return { metadata: { name: 'a', namespace: 'ns', uid: 'u-1' }, spec: { step } };
    };
    const first = store.put(pods, source(1));
    const second = store.put(pods, source(2));
    assert.equal(first.uid, 'u-1');
    assert.equal(second.uid, 'u-1');
    const before = made;
    assert.deepEqual(second.body()['spec'], { step: 2 });
    assert.equal(made, before + 1);
  });
});
