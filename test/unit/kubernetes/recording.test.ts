// A recording holds what detection reads and nothing else; what is written is read back as it was.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readJobJson } from '../../../internal/kubernetes/owner-requests.ts';
import { readPodJson } from '../../../internal/kubernetes/pod-facts-json.ts';
import { recordedEvents, recordedLine, type RecordedEvent } from '../../../internal/kubernetes/recording.ts';
import { stripped, strippedPod } from '../../../internal/kubernetes/recording-strip.ts';
import { readNodeJson } from '../../../internal/kubernetes/resource-nodes.ts';
import { redact } from '../../../internal/platform/redact.ts';
import { rawPod, rawStatus, terminated, waiting, type Raw } from '../../support/raw-pod.ts';

const CANARY = 'canary-1f0b';

const secretive = rawPod({
  metadata: {
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': CANARY, 'kubernetes.io/config.mirror': 'abc' },
    managedFields: [{ fieldsV1: CANARY }],
  },
  spec: {
    nodeName: 'node-1',
    imagePullSecrets: [{ name: CANARY }],
    volumes: [{ name: 'v', secret: { secretName: CANARY } }],
    containers: [
      {
        name: 'app',
        image: 'app:1',
        env: [{ name: 'TOKEN', value: CANARY }],
        args: [CANARY],
        command: ['sh', CANARY],
        livenessProbe: { exec: { command: [CANARY] }, httpGet: { httpHeaders: [{ name: 'a', value: CANARY }] } },
        lifecycle: { preStop: { exec: { command: [CANARY] } } },
      },
    ],
  },
  status: { containerStatuses: [rawStatus({ state: waiting('ImagePullBackOff') })] },
});

const job = {
  kind: 'Job',
  metadata: { name: 'import', uid: 'job-uid', annotations: { a: CANARY } },
  spec: { backoffLimit: 2, template: { spec: { restartPolicy: 'OnFailure', containers: [{ env: [CANARY] }] } } },
  status: { failed: 1, conditions: [{ type: 'FailureTarget', status: 'True' }] },
};
const node = {
  kind: 'Node',
  metadata: { name: 'node-1', uid: 'node-uid', labels: { a: CANARY } },
  spec: { providerID: CANARY, taints: [{ key: 'a', effect: 'NoExecute' }] },
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: 'Unknown', lastTransitionTime: '2026-01-01T00:00:00Z', reason: 'NodeStatusUnknown' },
    ],
    addresses: [{ address: CANARY }],
  },
};

describe('a recorded Job or Node', () => {
  test('is the same to detection as itself, and holds nothing else', () => {
    assert.deepEqual(readJobJson(stripped.Job(job, redact)), readJobJson(job));
    assert.deepEqual(readNodeJson(stripped.Node(node, redact)), readNodeJson(node));
    assert.ok(!JSON.stringify([stripped.Job(job, redact), stripped.Node(node, redact)]).includes(CANARY));
  });

  test('may be anything at all', () => {
    fc.assert(
      fc.property(fc.anything(), (object) => {
        for (const strip of Object.values(stripped)) {
          strip(object, redact);
          strip({ metadata: object, spec: object, status: object }, redact);
        }
      }),
    );
  });
});

describe('a recorded pod', () => {
  test('holds no environment, arguments, probes, volumes or foreign annotations', () => {
    assert.ok(!JSON.stringify(strippedPod(secretive, redact)).includes(CANARY));
  });

  test('holds no secret that a container, its runtime or a condition wrote into a message', () => {
    const ended = terminated(1, 'Error') as { terminated: Raw };
    const message = `no answer of postgres://app:${CANARY}@db, password=${CANARY}`;
    const state = { terminated: { ...ended.terminated, message } };
    const lastState = { terminated: { ...ended.terminated, message } };
    const statuses = [
      rawStatus({ state, lastState }),
      rawStatus({ state: { waiting: { reason: 'ErrImagePull', message } } }),
    ];
    const conditions = [{ type: 'Ready', status: 'False', message }];
    const pod = rawPod({
      status: { message, conditions, containerStatuses: statuses, initContainerStatuses: statuses },
    });
    const text = JSON.stringify(strippedPod(pod, redact));
    assert.ok(!text.includes(CANARY), text);
    assert.match(text, /no answer of postgres:\/\/\[redacted\]@db/);
  });

  test('is the same to detection as the pod itself', () => {
    assert.deepEqual(readPodJson(strippedPod(secretive, redact)), readPodJson(secretive));
  });

  test('may be anything at all', () => {
    fc.assert(
      fc.property(fc.anything(), (pod) => {
        strippedPod(pod, redact);
        strippedPod({ metadata: pod, spec: pod, status: pod }, redact);
        strippedPod({ spec: { containers: pod } }, redact);
      }),
    );
  });
});

describe('a line of a recording', () => {
  const atMs = Date.parse('2026-01-01T00:00:00.123Z');
  const object = strippedPod(secretive, redact);
  const events: Exclude<RecordedEvent, { kind: 'other' }>[] = [
    { kind: 'listing', of: 'Pod', atMs },
    { kind: 'listing', of: 'Node', atMs },
    { kind: 'object', of: 'Pod', type: 'ADDED', object, atMs },
    { kind: 'object', of: 'Pod', type: 'MODIFIED', object, atMs },
    { kind: 'object', of: 'Pod', type: 'DELETED', object, atMs },
    { kind: 'object', of: 'Job', type: 'ADDED', object: stripped.Job(job, redact), atMs },
    { kind: 'object', of: 'Node', type: 'MODIFIED', object: stripped.Node(node, redact), atMs },
    { kind: 'synced', of: 'Pod', atMs },
    { kind: 'synced', of: 'Node', atMs },
    { kind: 'end', atMs },
  ];
  for (const event of events) {
    test(`is read back as it was written: ${event.kind} ${'type' in event ? event.type : ''} ${'of' in event ? event.of : ''}`, () => {
      const line = recordedLine(event);
      assert.match(line, /^[^\n]+$/);
      assert.deepEqual(recordedEvents(JSON.parse(line)), [event]);
    });
  }
});

describe('what kubectl prints', () => {
  test('is read: events, single pods, and lists', () => {
    const pod = { kind: 'Pod', metadata: { name: 'a' } };
    const added: RecordedEvent = { kind: 'object', of: 'Pod', type: 'ADDED', object: pod, atMs: 0 };
    assert.deepEqual(recordedEvents({ type: 'MODIFIED', object: pod }), [{ ...added, type: 'MODIFIED' }]);
    assert.deepEqual(recordedEvents(pod), [added]);
    assert.deepEqual(recordedEvents({ kind: 'List', items: [pod, { kind: 'Service' }] }), [added, { kind: 'other' }]);
  });

  test('of other kinds, bookmarks and errors, is passed over', () => {
    for (const document of [
      { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '7' } } },
      { type: 'ERROR', object: { kind: 'Status' } },
      { type: 'ADDED', object: null },
      {},
    ]) {
      assert.deepEqual(recordedEvents(document), [{ kind: 'other' }]);
    }
  });
});
