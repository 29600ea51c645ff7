import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import type { PodReading } from '../../../internal/kubernetes/pod-reading.ts';
import type { PodFacts } from '../../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { CONTAINERS_KEPT, LABELS_KEPT, MESSAGE_BYTES, WORD_BYTES } from '../../../internal/platform/limits.ts';
import { rawPod, rawStatus, running, terminated, waiting, type RawPodParts } from '../../support/raw-pod.ts';
import { runs } from '../../support/runs.ts';

function read(pod: unknown, truncated: string[] = []): PodReading {
  const reading = readPodJson(pod, { truncated: (what) => truncated.push(what) });
  assert.ok(!(reading instanceof CodedError));
  return reading;
}

function facts(parts: RawPodParts): PodFacts {
  const { facts: read_ } = read(rawPod(parts));
  assert.ok(read_);
  return read_;
}

describe('the facts of a pod in JSON', () => {
  test('hold what failure detection needs, field by field', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o1', controller: true };
    const pod = facts({
      metadata: {
        deletionTimestamp: '2026-01-01T01:00:00Z',
        deletionGracePeriodSeconds: 30,
        annotations: { 'kubernetes.io/config.mirror': 'hash', 'watcher/silence': 'ann until=2026', big: 'x' },
        ownerReferences: [{ ...owner, uid: 'o0', controller: false }, owner],
      },
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'low on memory',
        conditions: [
          { type: 'Ready', status: 'False', reason: 'r', message: 'm', lastTransitionTime: '2026-01-01T00:00:09Z' },
        ],
        containerStatuses: [
          rawStatus({ state: terminated(137, 'OOMKilled'), lastState: waiting('x'), restartCount: 3 }),
        ],
      },
    });
    assert.deepEqual(pod, {
      uid: '11111111-2222-3333-4444-555555555555',
      namespace: 'shop',
      name: 'web-1',
      resourceVersion: '100',
      nodeName: 'node-1',
      createdAtMs: Date.parse('2026-01-01T00:00:00Z'),
      deletionAtMs: Date.parse('2026-01-01T01:00:00Z'),
      deletionGraceSeconds: 30,
      labels: new Map([['app', 'web']]),
      mirrorHash: 'hash',
      silence: 'ann until=2026',
      owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o1' },
      restartPolicy: 'Always',
      phase: 'Failed',
      reason: 'Evicted',
      message: 'low on memory',
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'r',
          message: 'm',
          lastTransitionAtMs: Date.parse('2026-01-01T00:00:09Z'),
        },
      ],
      containers: [
        {
          name: 'app',
          role: 'app',
          image: 'app:1',
          imageId: 'docker.io/library/app@sha256:1234',
          containerId: 'containerd://abcd',
          restartCount: 3,
          ready: true,
          started: true,
          state: {
            kind: 'terminated',
            reason: 'OOMKilled',
            message: '',
            exitCode: 137,
            signal: 0,
            startedAtMs: Date.parse('2026-01-01T00:00:05Z'),
            finishedAtMs: Date.parse('2026-01-01T00:01:00Z'),
            containerId: 'containerd://old',
          },
          lastState: { kind: 'waiting', reason: 'x', message: '' },
        },
      ],
    });
  });

  test('list init, sidecar, app and ephemeral containers in that order, with a state even before they have a status', () => {
    const pod = facts({
      spec: {
        initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
        containers: [{ name: 'b' }, { name: 'a', image: 'a:2' }],
        ephemeralContainers: [{ name: 'debug' }],
      },
      status: {
        containerStatuses: [rawStatus({ name: 'a', image: 'resolved' })],
        ephemeralContainerStatuses: [rawStatus({ name: 'unknown-to-spec', image: 'tool:1' })],
      },
    });
    assert.deepEqual(
      pod.containers.map(({ name, role, image, state }) => [name, role, image, state.kind]),
      [
        ['setup', 'init', '', 'none'],
        ['proxy', 'sidecar', '', 'none'],
        ['b', 'app', '', 'none'],
        ['a', 'app', 'a:2', 'running'],
        ['debug', 'ephemeral', '', 'none'],
        ['unknown-to-spec', 'ephemeral', 'tool:1', 'running'],
      ],
    );
  });

  test('keep 0 for the zero time, for no time and for what is none', () => {
    for (const time of [
      '0001-01-01T00:00:00Z',
      '1970-01-01T00:00:00Z',
      null,
      undefined,
      '',
      'soon',
      '1',
      5,
      {},
      '2026-13-45T99:00:00Z',
    ]) {
      assert.equal(facts({ metadata: { creationTimestamp: time } }).createdAtMs, 0, JSON.stringify(time));
    }
  });

  test('cut strings at a character, well-formed, whatever they are made of', () => {
    for (const [text, kept] of [
      ['x'.repeat(2000), 'x'.repeat(MESSAGE_BYTES)],
      ['€'.repeat(1000), '€'.repeat(341)],
      [`a${'😀'.repeat(500)}`, `a${'😀'.repeat(255)}`],
      ['short \ud800', 'short \ufffd'],
      [`${'x'.repeat(MESSAGE_BYTES - 1)}€`, 'x'.repeat(MESSAGE_BYTES - 1)],
    ] as const) {
      assert.equal(facts({ status: { message: text } }).message, kept);
    }
    const longName = facts({ status: { reason: 'r'.repeat(WORD_BYTES + 1) } }).reason;
    assert.equal(longName.length, WORD_BYTES);
  });

  test('keep the labels strangers chose apart from the language, and count those that are too many', () => {
    const hostile = JSON.parse('{"__proto__": "x", "constructor": "y", "toString": "z", "n": 5}') as Record<
      string,
      unknown
    >;
    const pod = facts({ metadata: { labels: hostile } });
    assert.deepEqual(
      [...pod.labels],
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
        ['toString', 'z'],
      ],
    );
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
    const truncated: string[] = [];
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`label-${at}`, 'v']));
    assert.equal(read(rawPod({ metadata: { labels: many } }), truncated).facts?.labels.size, LABELS_KEPT);
    assert.deepEqual(truncated, ['labels']);
  });

  test('bound the number of containers, and say so', () => {
    const truncated: string[] = [];
    const containers = Array.from({ length: CONTAINERS_KEPT + 5 }, (_, at) => ({ name: `c${at}` }));
    const { facts: pod } = read(rawPod({ spec: { containers }, status: { containerStatuses: [] } }), truncated);
    assert.equal(pod?.containers.length, CONTAINERS_KEPT);
    assert.deepEqual(truncated, ['containers']);
  });

  test('are refused without a usable uid, with the name of the pod', () => {
    for (const uid of [undefined, '', 5, 'x'.repeat(200), '\ud800', null]) {
      const refused = readPodJson(rawPod({ metadata: { uid } }));
      assert.ok(refused instanceof CodedError);
      assert.equal(refused.code, 'WATCH_OBJECT_INVALID');
      assert.match(refused.detail, /shop\/web-1/);
    }
  });

  test('never throw, and never keep more than is bounded, whatever they are read from', () => {
    const anything = fc.anything({ withNullPrototype: true, maxDepth: 3 });
    const key = fc.constantFrom(
      'state',
      'lastState',
      'waiting',
      'running',
      'terminated',
      'reason',
      'exitCode',
      '__proto__',
    );
    const mess = fc.oneof(anything, fc.dictionary(key, anything), fc.array(fc.dictionary(key, anything)), fc.string());
    const part = fc.dictionary(
      fc.constantFrom(
        'labels',
        'annotations',
        'ownerReferences',
        'containers',
        'initContainers',
        'phase',
        'conditions',
        'containerStatuses',
        'ephemeralContainerStatuses',
        'message',
        'creationTimestamp',
        'nodeName',
      ),
      mess,
    );
    fc.assert(
      fc.property(part, part, part, (metadata, spec, status) => {
        const reading = readPodJson({ metadata: { ...metadata, uid: 'u' }, spec, status });
        assert.ok(!(reading instanceof CodedError));
        assert.ok(JSON.stringify(reading.facts).isWellFormed());
      }),
      { numRuns: runs(500) },
    );
    fc.assert(fc.property(anything, (pod) => void readPodJson(pod)));
  });
});

describe('a pod there is nothing to say about', () => {
  const quiet: Record<string, RawPodParts> = {
    'runs, is ready and never restarted': {},
    'has completed': {
      status: {
        phase: 'Succeeded',
        containerStatuses: [rawStatus({ state: terminated(0, 'Completed'), ready: false })],
      },
    },
    'has a completed init container and a sidecar that is up': {
      spec: { initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }] },
      status: {
        initContainerStatuses: [
          rawStatus({ name: 'setup', state: terminated(0, 'Completed') }),
          rawStatus({ name: 'proxy' }),
        ],
      },
    },
    'has a debug container that failed': {
      spec: { ephemeralContainers: [{ name: 'debug' }] },
      status: {
        ephemeralContainerStatuses: [rawStatus({ name: 'debug', state: terminated(1, 'Error'), ready: false })],
      },
    },
  };
  for (const [what, parts] of Object.entries(quiet)) {
    test(what, () => assert.equal(read(rawPod(parts)).isQuiet, true));
  }

  const ready = (status: string): unknown[] => [{ type: 'Ready', status }];
  const loud: Record<string, RawPodParts> = {
    'is being deleted': { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } },
    'is pending': { status: { phase: 'Pending' } },
    'has failed': { status: { phase: 'Failed' } },
    'is of unknown phase': { status: { phase: 'Unknown' } },
    'has no phase': { status: { phase: '' } },
    'has a reason': { status: { reason: 'NodeLost' } },
    'has a message': { status: { message: 'm' } },
    'is not ready': { status: { conditions: ready('False') } },
    'has no Ready condition': { status: { conditions: [] } },
    'is a disruption target, or was': {
      status: { conditions: [...ready('True'), { type: 'DisruptionTarget', status: 'False' }] },
    },
    'waits for a resize': { status: { conditions: [...ready('True'), { type: 'PodResizePending', status: 'True' }] } },
    'has restarted': { status: { containerStatuses: [rawStatus({ restartCount: 1 })] } },
    'has a last state': { status: { containerStatuses: [rawStatus({ lastState: terminated(0, 'Completed') })] } },
    'has a container that is not ready': { status: { containerStatuses: [rawStatus({ ready: false })] } },
    'has a container that waits': {
      status: { containerStatuses: [rawStatus({ state: waiting('ContainerCreating') })] },
    },
    'has a container that ended': { status: { containerStatuses: [rawStatus({ state: terminated(0, 'Completed') })] } },
    'has a container without a status': { spec: { containers: [{ name: 'app' }, { name: 'late' }] } },
    'has completed with another word than Completed': {
      status: { phase: 'Succeeded', containerStatuses: [rawStatus({ state: terminated(0, 'OOMKilled') })] },
    },
    'has completed after a restart': {
      status: {
        phase: 'Succeeded',
        containerStatuses: [rawStatus({ state: terminated(0, 'Completed'), restartCount: 1 })],
      },
    },
    'has a sidecar that is down': {
      spec: { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] },
      status: { initContainerStatuses: [rawStatus({ name: 'proxy', state: terminated(0, 'Completed') })] },
    },
    'has an init container that still runs': {
      spec: { initContainers: [{ name: 'setup' }] },
      status: { initContainerStatuses: [rawStatus({ name: 'setup', state: running })] },
    },
  };
  for (const [what, parts] of Object.entries(loud)) {
    test(`is not one that ${what}`, () => assert.equal(read(rawPod(parts)).isQuiet, false));
  }
});
