/** Every reason there is, seen where Kubernetes writes it, is told under its family; what a runtime invents is, too. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { terminatedReason, waitingReason } from '../../../internal/pipeline/reasons.ts';
import { reasonsTable } from '../../../internal/pipeline/reasons-table.ts';
import { look, told } from '../../support/detecting.ts';
import { app, CREATED_MS, ephemeral, init, pod, sidecar } from '../../support/pod-builder.ts';

const T = CREATED_MS + 3_600_000;
const ROLES = { init, sidecar, app };

/** What kubelet and runtimes write into a waiting state, with the family it is told under. */
const WAITING = {
  CrashLoopBackOff: ['CrashLoopBackOff'],
  ImagePullBackOff: [
    ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError'],
    ...['RegistryUnavailable', 'SignatureValidationFailed', 'ErrImageUnpackFailed', 'FancyRegistryError'],
  ],
  CreateContainerConfigError: [
    ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'PostStartHookError', 'StartError'],
    ...['VerifyNonRootError', 'KillContainerError', 'SomethingNewError', 'ErrSomething', 'MountFailed'],
  ],
} as const;

const TERMINATED = {
  OOMKilled: ['OOMKilled'],
  CreateContainerConfigError: ['StartError', 'ContainerCannotRun', 'PostStartHookError'],
  Failed: ['Error', 'DeadlineExceeded', 'ContainerStatusUnknown', 'Unknown', 'NeverHeardOf', ''],
} as const;

const POD = {
  Evicted: ['Evicted', 'NodeLost', 'NodeShutdown', 'Preempting', 'Terminated', 'Shutdown'],
  Failed: [
    ...['NodeAffinity', 'OutOfcpu', 'OutOfmemory', 'OutOfpods', 'OutOfnvidia.com/gpu', 'UnexpectedAdmissionError'],
    ...['DeadlineExceeded', 'NeverHeardOf', ''],
  ],
} as const;

const DISRUPTION = [
  ...['PreemptionByScheduler', 'DeletionByTaintManager', 'DeletionByDeviceTaintManager', 'DeletionByPodGC'],
  ...['TerminationByKubelet', 'NeverHeardOf'],
];

for (const [role, container] of Object.entries(ROLES)) {
  describe(`of an ${role} container`, () => {
    for (const [family, words] of Object.entries(WAITING)) {
      for (const word of words) {
        test(`waiting with ${word} is told under ${family}`, () => {
          const [finding, ...others] = look(pod().with(container().waiting(word, 'why'))).findings;
          assert.deepEqual(others, []);
          assert.equal(finding?.families[0], family);
          assert.equal(finding.reason, word);
          assert.equal(finding.container?.role, role);
        });
      }
    }
    for (const [family, words] of Object.entries(TERMINATED)) {
      for (const word of words) {
        test(`an exit with reason "${word}" is told under ${family}, in state and in lastState`, () => {
          for (const exited of [
            container().exited({ reason: word }),
            container().running('b').last({ reason: word }),
          ]) {
            const [finding, ...others] = look(pod().with(exited)).findings;
            assert.deepEqual(others, []);
            assert.equal(finding?.families[0], family);
            assert.equal(finding.reason, word || 'Error');
          }
        });
      }
    }
  });
}

describe('of an ephemeral container', () => {
  for (const word of Object.values(WAITING).flat()) {
    test(`waiting with ${word} is never told`, () => {
      assert.deepEqual(told(look(pod().with(ephemeral().waiting(word)))), []);
    });
  }
});

describe('an exit by a signal', () => {
  test('is a failure though its code is 0, and carries the signal', () => {
    const [finding] = look(pod().with(app().exited({ code: 0, signal: 11 }))).findings;
    assert.deepEqual(finding?.container?.exit, { code: 0, signal: 11 });
  });

  test('an OOM kill of a child is told though the container ended with 0', () => {
    assert.deepEqual(told(look(pod().with(app().exited({ code: 0, reason: 'OOMKilled' })))), ['OOMKilled app']);
  });
});

describe('of a pod', () => {
  for (const [family, words] of Object.entries(POD)) {
    for (const word of words) {
      test(`failed with reason "${word}" is told under ${family}, once`, () => {
        const [finding, ...others] = look(pod().failed(word)).findings;
        assert.deepEqual(others, []);
        assert.equal(finding?.families[0], family);
        assert.equal(finding.container, undefined);
      });
    }
  }
  for (const word of DISRUPTION) {
    test(`disrupted by ${word} is told under Evicted when it is deleted`, () => {
      assert.equal(look(pod().disrupted(word, T).deleting(T)).findings[0]?.families[0], 'Evicted');
    });
  }
});

describe('the lists above', () => {
  const listed = {
    waiting: Object.values(WAITING).flat() as readonly string[],
    terminated: Object.values(TERMINATED).flat() as readonly string[],
  };

  test('agree with the table on the family of every word that they share', () => {
    for (const { seenIn, reason, family } of reasonsTable) {
      if (seenIn !== 'waiting' && seenIn !== 'terminated') continue;
      const lookUp = seenIn === 'waiting' ? waitingReason : terminatedReason;
      if (listed[seenIn].includes(reason)) assert.equal(lookUp(reason).family, family);
    }
  });

  test('words of a normal start are none of them', () => {
    for (const word of ['ContainerCreating', 'PodInitializing', 'SomethingNew', '']) {
      assert.deepEqual(told(look(pod().with(app().waiting(word)))), []);
    }
  });
});
