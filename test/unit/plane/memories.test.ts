import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ENTRY_LENGTH, nameOf, packed, packedScope, scopeNameOf, unpack } from '../../../cmd/plane/project/entry.ts';
import { carriedOver } from '../../../cmd/plane/project/forget.ts';
import { Memories } from '../../../cmd/plane/project/memories.ts';
import { ClusterMemory } from '../../../cmd/plane/project/memory.ts';

function memoryOf(...names: readonly string[]): ClusterMemory {
  const memory = new ClusterMemory();
  for (const name of names) memory.add(packed('e', nameOf(name), 1));
  return memory;
}

describe('an entry', () => {
  test('is read back as it was packed', () => {
    const text =
      packed('e', nameOf('a'), 1_767_225_600_000) +
      packedScope(nameOf('a'), scopeNameOf('node/worker-1')) +
      packed('c', nameOf('b'), 0);
    const entries: unknown[] = [];
    unpack(text, { at: (...entry) => entries.push(entry), ofScope: (...entry) => entries.push(entry) });
    assert.deepEqual(entries, [
      ['e', nameOf('a'), 1_767_225_600_000],
      [nameOf('a'), scopeNameOf('node/worker-1')],
      ['c', nameOf('b'), 0],
    ]);
  });

  test('has one length, whatever the clock of the agent says', () => {
    for (const atMs of [0, -5, 1.5, 8.64e15, Number.MAX_VALUE]) {
      assert.equal(packed('t', nameOf('x'), atMs).length, ENTRY_LENGTH);
    }
  });

  test('that was torn off is passed over', () => {
    const memory = new ClusterMemory();
    memory.add(packed('e', nameOf('a'), 1) + packed('e', nameOf('b'), 1).slice(0, -1));
    assert.deepEqual([memory.receivedMs(nameOf('a')), memory.receivedMs(nameOf('b'))], [1, undefined]);
  });
});

describe('the memories of clusters', () => {
  test('are gone once taken, so that a failed attempt leaves none behind', () => {
    const memories = new Memories();
    memories.put('c', { stamp: 's', memory: memoryOf('a'), cooldownMs: undefined });
    assert.equal(memories.take('c')?.stamp, 's');
    assert.equal(memories.take('c'), undefined);
  });

  test('are let go, the longest unused first, where they do not fit', () => {
    const memories = new Memories(4);
    memories.put('one', { stamp: '1', memory: memoryOf('a', 'b'), cooldownMs: undefined });
    memories.put('two', { stamp: '2', memory: memoryOf('a', 'b'), cooldownMs: undefined });
    const used = memories.take('one');
    assert.ok(used);
    memories.put('one', used);
    memories.put('three', { stamp: '3', memory: memoryOf('a'), cooldownMs: undefined });
    assert.deepEqual(
      ['one', 'two', 'three'].map((cluster) => memories.take(cluster)?.stamp),
      ['1', undefined, '3'],
    );
  });

  test('keep none that is larger than all the room', () => {
    const memories = new Memories(1);
    memories.put('c', { stamp: 's', memory: memoryOf('a', 'b'), cooldownMs: undefined });
    assert.equal(memories.take('c'), undefined);
  });
});

describe('forgetting', () => {
  const incident = nameOf('incident');
  const stands = (...pages: readonly string[]): ReturnType<ClusterMemory['incident']> => {
    const memory = new ClusterMemory();
    for (const page of pages) memory.add(page);
    return memory.incident(incident);
  };

  test('carries open incidents over, as they stand', () => {
    for (const old of [
      packed('t', incident, 5),
      packed('t', incident, 5) + packed('q', incident, 9),
      packed('t', incident, 9) + packed('t', incident, 4),
      packed('t', incident, 1) + packed('c', incident, 2) + packed('x', incident, 5) + packed('q', incident, 9),
    ]) {
      assert.deepEqual(stands(carriedOver([old], [])), stands(old));
    }
  });

  test('carries over whose an open incident is', () => {
    const old = packed('t', incident, 5) + packedScope(incident, scopeNameOf('node/1'));
    const memory = new ClusterMemory();
    memory.add(carriedOver([old], []));
    assert.equal(memory.incident(incident).scope, scopeNameOf('node/1'));
  });

  test('carries nothing over that is closed, is told by younger pages, or is an event', () => {
    const closed = packed('t', incident, 5) + packed('c', incident, 6);
    assert.equal(carriedOver([closed], []), '');
    assert.equal(carriedOver([packed('t', incident, 5)], [packed('c', incident, 6)]), '');
    assert.equal(carriedOver([packed('t', incident, 5)], [packed('t', incident, 8)]), '');
    assert.equal(carriedOver([packed('e', nameOf('event'), 5)], []), '');
  });

  test('keeps the latest telling where a younger page has only a late one', () => {
    const [old, young] = [packed('t', incident, 9), packed('t', incident, 4)];
    assert.deepEqual(stands(young, carriedOver([old], [young])), stands(old, young));
  });

  test('keeps what older pages say of an incident that was heard of since', () => {
    const old = packed('t', incident, 5);
    const young = packed('q', incident, 8);
    assert.deepEqual(stands(young, carriedOver([old], [young])), stands(old, young));
  });
});
