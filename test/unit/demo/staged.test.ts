// What the demo writes to an API server without a kubelet: pods as controllers make them, statuses as a kubelet wrote them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failures } from '../../../cmd/demo/failures.ts';
import { completed, ended143, healthy, recordings } from '../../../cmd/demo/recordings.ts';
import { Replay } from '../../../cmd/demo/replay.ts';
import { shows, Sightings } from '../../../cmd/demo/sighting.ts';
import { stagePod } from '../../../cmd/demo/staged-pod.ts';
import { failing } from '../../support/e2e-pods.ts';

const NOW_MS = Date.parse('2030-01-02T03:04:05Z');
const UID = '11111111-2222-4333-8444-555555555555';

describe('a replay', () => {
  test('moves times so that the last is now, and makes container ids the pod’s own', () => {
    const status = { a: '2026-01-01T00:00:00Z', b: '2026-01-01T00:00:10Z', id: `containerd://${'a'.repeat(64)}` };
    assert.deepEqual(new Replay(UID).next(status, NOW_MS), {
      a: '2030-01-02T03:03:55Z',
      b: '2030-01-02T03:04:05Z',
      id: `containerd://${UID.replaceAll('-', '')}${'a'.repeat(32)}`,
    });
  });

  test('keeps a time that is repeated, however late the next status comes', () => {
    const replay = new Replay(UID);
    const finishedAt = '2026-01-01T00:00:00Z';
    replay.next({ finishedAt }, NOW_MS);
    assert.deepEqual(replay.next({ finishedAt, failedAt: '2026-01-01T00:00:03Z' }, NOW_MS + 60_000), {
      finishedAt: '2030-01-02T03:04:05Z',
      failedAt: '2030-01-02T03:05:05Z',
    });
  });

  test('changes nothing else, and nothing where there are no times', () => {
    const timeless = (value: object): string => JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '');
    const [status = {}] = recordings.imagePull.slice(-1);
    assert.equal(timeless(new Replay(UID).next(status, NOW_MS)), timeless(status));
    assert.deepEqual(new Replay(UID).next({ phase: 'Pending' }, NOW_MS), { phase: 'Pending' });
  });
});

describe('the recordings', () => {
  for (const { name, expectations } of failures) {
    test(`of ${name} show all that is expected of it`, () => {
      for (const expectation of expectations) {
        assert.ok(
          recordings[name].some((status) => shows(status, expectation)),
          expectation.reasons.join(),
        );
      }
    });
  }

  test('of healthy pods show none of it', () => {
    for (const expectation of failures.flatMap(({ expectations }) => expectations)) {
      for (const status of [...healthy, ...completed])
        assert.equal(shows(status, { ...expectation, container: 'main' }), false);
    }
    assert.match(JSON.stringify(healthy.at(-1)), /"ready":true/);
    assert.match(JSON.stringify(completed.at(-1)), /"phase":"Succeeded".*"exitCode":0,"reason":"Completed"/);
    assert.match(JSON.stringify(ended143.at(-1)), /"exitCode":143,"reason":"Error"/);
  });
});

describe('a staged pod', () => {
  test('of a Deployment is owned by its ReplicaSet and carries the template hash', () => {
    const { metadata, spec } = stagePod(failing.crashLoop, 'dwjv4', '67b7b5948f');
    assert.equal(metadata.name, 'looping-67b7b5948f-dwjv4');
    assert.deepEqual(metadata['labels'], { app: 'looping', 'pod-template-hash': '67b7b5948f' });
    assert.match(JSON.stringify(metadata['ownerReferences']), /"kind":"ReplicaSet","name":"looping-67b7b5948f"/);
    assert.equal(spec['nodeName'], 'node-1');
  });

  test('of a Job is owned by it, and one of nobody’s keeps its name', () => {
    assert.match(JSON.stringify(stagePod(failing.job, 'dwjv4')), /"name":"import-dwjv4".*"kind":"Job","name":"import"/);
    assert.equal(stagePod(failing.outOfMemory, 'dwjv4').metadata.name, 'hungry');
  });
});

describe('a sighting', () => {
  test('is the first time a failure shows, of the pod and container it is expected of', () => {
    const [expectation] = failures.find(({ name }) => name === 'missingConfigMap')?.expectations ?? [];
    assert.ok(expectation !== undefined);
    const [status = {}] = recordings.missingConfigMap.slice(-1);
    const sightings = new Sightings();
    const pod = { namespace: expectation.namespace, name: expectation.podPrefix };
    assert.equal(sightings.note([expectation], { ...pod, namespace: 'elsewhere' }, status, 1), false);
    assert.equal(sightings.note([expectation], pod, {}, 2), false);
    assert.equal(sightings.note([expectation], pod, status, 3), true);
    assert.equal(sightings.note([expectation], pod, status, 4), false);
    assert.equal(sightings.firstMs(expectation), 3);
  });
});
