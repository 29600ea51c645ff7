import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { PodStore } from '../../../internal/kubernetes/pod-store.ts';
import type { PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import type { PodChange } from '../../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { rawPod, rawStatus, running, terminated, waiting, type RawPodParts } from '../../support/raw-pod.ts';

function reading(uid: string, resourceVersion: string, parts: RawPodParts = {}): PodReading {
  const metadata = { uid, resourceVersion, name: `name-${uid}`, ...parts.metadata };
  const read = readPodJson(rawPod({ ...parts, metadata }));
  assert.ok(!(read instanceof CodedError));
  return read;
}

const looping: RawPodParts = {
  status: { containerStatuses: [rawStatus({ state: waiting('CrashLoopBackOff'), ready: false, restartCount: 2 })] },
};

function store(): { pods: PodStore; changes: PodChange[]; words: () => string[]; seen: string[] } {
  const changes: PodChange[] = [];
  const seen: string[] = [];
  const pods = new PodStore({
    onChange: (change) => void changes.push(change),
    observer: { seen: (type, cause) => void seen.push(`${type} ${cause}`) },
  });
  const words = (): string[] => changes.splice(0).map(({ type, cause, pod }) => `${type} ${pod.uid} ${cause}`);
  return { pods, changes, words, seen };
}

describe('the store of pods', () => {
  test('tells of pods there is something to say about, and only counts the others', () => {
    const { pods, words, seen } = store();
    pods.listing();
    pods.upsert(reading('quiet', '1'), 'initial');
    pods.upsert(reading('loud', '2', looping), 'initial');
    pods.synced('10', 'initial');
    assert.deepEqual(words(), ['added loud initial']);
    assert.deepEqual(seen, ['added initial', 'added initial']);
    assert.deepEqual([pods.size, pods.loud], [2, 1]);
  });

  test('tells when a quiet pod is no longer quiet, and once more when it is again', () => {
    const { pods, words } = store();
    pods.upsert(reading('a', '1'), 'watch');
    pods.upsert(reading('a', '2', looping), 'watch');
    pods.upsert(reading('a', '3', looping), 'watch');
    pods.upsert(reading('a', '4'), 'watch');
    pods.upsert(reading('a', '5'), 'watch');
    assert.deepEqual(words(), ['modified a watch', 'modified a watch', 'modified a watch']);
    assert.equal(pods.loud, 0);
  });

  test('hands on the facts before a change where it has them', () => {
    const { pods, changes } = store();
    pods.upsert(reading('a', '1', looping), 'watch');
    pods.upsert(reading('a', '2'), 'watch');
    assert.equal(changes[1]?.before?.resourceVersion, '1');
    assert.equal('before' in (changes[0] ?? {}), false);
  });

  test('takes an unchanged resourceVersion for no change, in a relist and in a watch that repeats itself', () => {
    const { pods, words, seen } = store();
    pods.upsert(reading('a', '1', looping), 'initial');
    words();
    pods.listing();
    pods.upsert(reading('a', '1', looping), 'relist');
    pods.synced('10', 'relist');
    pods.upsert(reading('a', '1', looping), 'watch');
    assert.deepEqual(words(), []);
    assert.equal(seen.length, 1);
  });

  test('turns a relist into added, modified and deleted, by uid: a re-created pod is another pod', () => {
    const { pods, words } = store();
    pods.listing();
    for (const uid of ['same', 'changed', 'old-uid']) pods.upsert(reading(uid, '1', looping), 'initial');
    pods.synced('10', 'initial');
    words();
    pods.listing();
    pods.upsert(reading('same', '1', looping), 'relist');
    pods.upsert(reading('changed', '12', looping), 'relist');
    pods.upsert(reading('new-uid', '13', { ...looping, metadata: { name: 'name-old-uid' } }), 'relist');
    assert.equal(pods.size, 4, 'nothing goes before the list is whole');
    pods.synced('20', 'relist');
    assert.deepEqual(words(), ['modified changed relist', 'added new-uid relist', 'deleted old-uid relist']);
  });

  test('removes nothing on the word of a list that was begun anew', () => {
    const { pods } = store();
    pods.listing();
    pods.upsert(reading('a', '1'), 'initial');
    pods.upsert(reading('b', '1'), 'initial');
    pods.synced('10', 'initial');
    pods.listing();
    pods.upsert(reading('a', '1'), 'relist');
    pods.listing();
    assert.equal(pods.size, 2);
    pods.upsert(reading('b', '1'), 'relist');
    pods.synced('20', 'relist');
    assert.deepEqual(
      [...pods.identities()].map(({ uid }) => uid),
      ['b'],
    );
  });

  test('gives a deleted pod its last facts, and to a quiet one found gone only its identity', () => {
    const { pods, changes } = store();
    pods.upsert(reading('watched', '1'), 'watch');
    pods.remove(reading('watched', '2', { status: { phase: 'Failed' } }), 'watch');
    assert.equal(changes[0]?.pod.phase, 'Failed');
    pods.upsert(reading('loud', '1', looping), 'watch');
    pods.upsert(reading('quiet', '1'), 'watch');
    changes.splice(0);
    pods.listing();
    pods.synced('10', 'relist');
    assert.deepEqual(
      changes.map(({ pod }) => [pod.uid, pod.namespace, pod.name, pod.containers.length]),
      [
        ['loud', 'shop', 'name-loud', 1],
        ['quiet', 'shop', 'name-quiet', 0],
      ],
    );
    assert.deepEqual([pods.size, pods.loud, pods.namespaces], [0, 0, 0]);
  });

  test('tells of a pod that came and went unseen', () => {
    const { pods, words } = store();
    pods.remove(reading('a', '2', looping), 'watch');
    assert.deepEqual(words(), ['deleted a watch']);
    assert.equal(pods.size, 0);
  });

  test('notices that an image of a quiet pod was edited, and which', () => {
    const { pods, changes } = store();
    const spec = (image: string): RawPodParts => ({
      spec: {
        initContainers: [{ name: 'setup', image: 's:1' }],
        containers: [
          { name: 'app', image },
          { name: 'log', image: 'log:1' },
        ],
      },
      status: {
        initContainerStatuses: [rawStatus({ name: 'setup', state: terminated(0, 'Completed') })],
        containerStatuses: [rawStatus(), rawStatus({ name: 'log', state: running })],
      },
    });
    pods.upsert(reading('a', '1', spec('app:1')), 'watch');
    pods.upsert(reading('a', '2', spec('app:1')), 'watch');
    assert.equal(changes.length, 0);
    pods.upsert(reading('a', '3', spec('app:2')), 'watch');
    assert.deepEqual(
      changes[0]?.before?.containers.map(({ name, image }) => [name, image]),
      [
        ['setup', 's:1'],
        ['app', ''],
        ['log', 'log:1'],
      ],
    );
  });

  test('replays the pods of one namespace that there is something to say about', () => {
    const { pods } = store();
    pods.upsert(reading('a', '1', looping), 'initial');
    pods.upsert(reading('b', '1'), 'initial');
    pods.upsert(reading('c', '1', { ...looping, metadata: { namespace: 'other' } }), 'initial');
    assert.deepEqual(
      pods.podsOf('shop').map(({ uid }) => uid),
      ['a'],
    );
    assert.deepEqual(pods.podsOf('none'), []);
    assert.deepEqual(
      [...pods.loudPods()].map(({ uid }) => uid),
      ['a', 'c'],
    );
  });

  test('stays as it should be when a change is not taken', () => {
    const pods = new PodStore({
      onChange: () => {
        throw new Error('no');
      },
    });
    assert.throws(() => pods.upsert(reading('a', '1', looping), 'initial'));
    assert.throws(() => pods.upsert(reading('b', '1', looping), 'initial'));
    pods.listing();
    assert.throws(() => pods.synced('10', 'relist'), /2 pods gone/);
    assert.deepEqual([pods.size, pods.loud, pods.namespaces], [0, 0, 0]);
  });

  test('keeps nothing of 100,000 short-lived pods', () => {
    const { pods, changes } = store();
    for (let at = 0; at < 100_000; at++) {
      const one = { ...reading('x', '1', at % 3 === 0 ? looping : {}), uid: `uid-${at}`, namespace: `ns-${at % 1000}` };
      pods.upsert(one, 'watch');
      pods.remove(one, 'watch');
      changes.length = 0;
    }
    assert.deepEqual([pods.size, pods.loud, pods.namespaces], [0, 0, 0]);
  });
});
