/**
 * Pods as fast-check makes them: of the shape that the API server sends, with every state a pod can be in, and healthy
 * often enough that what holds of healthy pods is tested, too.
 */
import fc from 'fast-check';
import { rawPod, rawStatus, readyConditions, running, terminated, waiting, type Raw } from './raw-pod.ts';

const timeFrom = (min: number): fc.Arbitrary<string> =>
  fc
    .integer({ min, max: 2_000_000_000 })
    .map((seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'));
const time = timeFrom(0);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const longText = fc.oneof(
  text,
  text.map((part) => part.repeat(40)),
);
const name = fc.constantFrom('app', 'log', 'proxy', 'setup');
const image = fc.constantFrom(
  'app:1',
  'app:2',
  `registry.example.com/${'long/'.repeat(30)}app@sha256:${'ab'.repeat(32)}`,
);

const endedWell = fc.constant(terminated(0, 'Completed'));
const termination = fc
  .record({
    exitCode: fc.integer({ min: -2, max: 255 }),
    signal: fc.integer({ min: 0, max: 15 }),
    reason: text,
    message: longText,
    startedAt: time,
    finishedAt: time,
    containerID: text,
  })
  .map((ended) => ({ terminated: ended }));
const state: fc.Arbitrary<Raw> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(running) },
  { weight: 2, arbitrary: endedWell },
  { weight: 1, arbitrary: termination },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('CrashLoopBackOff', 'ImagePullBackOff', ''), longText)
      .map(([reason, message]) => waiting(reason, message)),
  },
  { weight: 1, arbitrary: fc.constant({}) },
);
const rarely = <T>(value: fc.Arbitrary<T>, usual: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: value });

const status = fc
  .record({
    name,
    state: rarely(state, running),
    lastState: rarely(state, {}),
    ready: rarely(fc.boolean(), true),
    restartCount: rarely(fc.integer({ min: 0, max: 2 ** 31 - 1 }), 0),
    imageID: text,
  })
  .map((parts) => rawStatus(parts));
const condition = fc.record({
  type: fc.constantFrom('Ready', 'DisruptionTarget', 'PodResizePending', 'Other'),
  status: fc.constantFrom('True', 'False', 'Unknown'),
  reason: text,
  message: longText,
  lastTransitionTime: time,
});

const spec = fc.record(
  {
    nodeName: text,
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never', 'Whatever'),
    initContainers: fc.array(fc.record({ name, image, restartPolicy: fc.constantFrom('Always', 'Never', undefined) }), {
      maxLength: 2,
    }),
    ephemeralContainers: fc.array(fc.record({ name, image }), { maxLength: 1 }),
  },
  { requiredKeys: [] },
);

const metadata = fc.record(
  {
    uid: fc.uuid(),
    resourceVersion: fc.nat().map(String),
    deletionTimestamp: rarely<string | undefined>(timeFrom(1), undefined),
    deletionGracePeriodSeconds: fc.nat(),
    labels: fc.dictionary(text, text, { maxKeys: 5 }),
    annotations: fc.dictionary(fc.constantFrom('kubernetes.io/config.mirror', 'watcher/silence', 'other'), longText),
    ownerReferences: fc.array(
      fc.record({ kind: text, name: text, uid: text, apiVersion: text, controller: fc.boolean() }),
      { maxLength: 2 },
    ),
    finalizers: fc.subarray(['batch.kubernetes.io/job-tracking', 'example.com/held']),
    managedFields: fc.constant([{ manager: 'kubelet', fieldsV1: { 'f:status': {} } }]),
  },
  { requiredKeys: ['uid', 'resourceVersion'] },
);

/** A container list and statuses that mostly belong to it. */
const containers = fc.uniqueArray(fc.tuple(name, image, status), {
  minLength: 1,
  maxLength: 3,
  selector: ([one]) => one,
});

/** As JSON would be parsed; encodePod makes protobuf of it. */
export const arbitraryPod: fc.Arbitrary<Raw> = fc
  .record({
    metadata,
    spec: rarely<Raw>(spec, {}),
    containers,
    dropsStatus: rarely(fc.boolean(), false),
    initContainerStatuses: rarely<Raw[]>(fc.array(status, { maxLength: 2 }), []),
    ephemeralContainerStatuses: fc.array(status, { maxLength: 1 }),
    phase: rarely(fc.constantFrom('Pending', 'Failed', 'Succeeded', 'Unknown', ''), 'Running'),
    reason: rarely(text, ''),
    message: rarely(longText, ''),
    conditions: rarely<Raw[]>(fc.array(condition, { maxLength: 4 }), [...readyConditions]),
  })
  .map(({ metadata: meta, spec: rest, containers: all, dropsStatus, ...statusParts }) => {
    const specs = all.map(([container, source]) => ({ name: container, image: source }));
    const statuses = all.map(([container, , one]) => ({ ...one, name: container })).slice(dropsStatus ? 1 : 0);
    return rawPod({
      metadata: meta,
      spec: { ...rest, containers: specs },
      status: { ...statusParts, containerStatuses: statuses },
    });
  });
