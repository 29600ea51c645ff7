/**
 * Pods no kubelet would write: any combination of facts, with hostile strings, absurd numbers and names of objects'
 * own members. What the readers let through is narrower; detection must stand it all the same.
 */
import fc from 'fast-check';
import type { ContainerFacts, ContainerState, PodCondition, PodFacts } from '../../internal/pipeline/pod-facts.ts';

const HOSTILE = [
  '',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\u001b[31m',
  '\u2028',
  '\ud800',
  'a\nb',
  '\u202e',
  ' ',
];

const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat({ max: 40_000 }).map((length) => '\u{1F4A5}'.repeat(length % 20 === 0 ? length : 1)),
);

const reason = fc.oneof(
  text,
  fc.constantFrom(
    'CrashLoopBackOff',
    'ErrImagePull',
    'RunContainerError',
    'ContainerCreating',
    'OOMKilled',
    'StartError',
  ),
  fc.constantFrom('Evicted', 'Completed', 'Error', 'RestartingAllContainers', 'PreemptionByScheduler', 'OddBackOff'),
);

const number = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, -1, 137, 143, 255, Number.MAX_SAFE_INTEGER, -62_135_596_800_000, 1_767_225_600_000),
);

const state: fc.Arbitrary<ContainerState> = fc.oneof(
  fc.constant<ContainerState>({ kind: 'none' }),
  fc.record({ kind: fc.constant('waiting' as const), reason, message: text }),
  fc.record({ kind: fc.constant('running' as const), startedAtMs: number }),
  fc.record({
    kind: fc.constant('terminated' as const),
    reason,
    message: text,
    exitCode: number,
    signal: number,
    startedAtMs: number,
    finishedAtMs: number,
    containerId: text,
  }),
);

const container: fc.Arbitrary<ContainerFacts> = fc.record({
  name: text,
  role: fc.constantFrom('init', 'sidecar', 'app', 'ephemeral'),
  image: text,
  imageId: text,
  containerId: text,
  restartCount: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  ready: fc.boolean(),
  started: fc.boolean(),
  state,
  lastState: state,
});

const condition: fc.Arbitrary<PodCondition> = fc.record({
  type: fc.constantFrom('DisruptionTarget', 'Ready', 'PodScheduled', '__proto__'),
  status: fc.constantFrom('True', 'False', 'Unknown', ''),
  reason,
  message: text,
  lastTransitionAtMs: number,
});

/** Any facts at all. */
export const anyFacts: fc.Arbitrary<PodFacts> = fc.record({
  uid: text,
  namespace: text,
  name: text,
  resourceVersion: text,
  nodeName: text,
  createdAtMs: number,
  deletionAtMs: number,
  deletionGraceSeconds: number,
  labels: fc.array(fc.tuple(text, text), { maxLength: 5 }).map((entries) => new Map(entries)),
  mirrorHash: text,
  silence: text,
  owner: fc.option(
    fc.record({
      apiVersion: text,
      kind: fc.oneof(text, fc.constantFrom('ReplicaSet', 'Job', 'Node')),
      name: text,
      uid: text,
    }),
    {
      nil: undefined,
    },
  ),
  restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never', ''),
  phase: fc.oneof(fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'), text),
  reason,
  message: text,
  conditions: fc.array(condition, { maxLength: 4 }),
  containers: fc.array(container, { maxLength: 6 }),
});
