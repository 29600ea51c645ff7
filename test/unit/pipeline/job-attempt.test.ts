/** Whether a Job tries again, by its limit, its policy and what was counted; and what it is told as. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobAttempt, withJobAttempt, type AttemptPod } from '../../../internal/pipeline/job-attempt.ts';
import { lookUpOwners, type JobFacts, type OwnedPod, type OwnerRead } from '../../../internal/pipeline/owner-lookup.ts';
import { aFinding } from '../../support/finding-builder.ts';

/** Its container has ended, and its Job has not heard of it. */
const pod: AttemptPod = { uid: 'p', restartCount: 0, phase: 'Running', isJobTracked: true };
/** The same once it is counted: the finalizer of the Job controller is gone. */
const counted: AttemptPod = { uid: 'p', restartCount: 0, phase: 'Failed' };

const job: JobFacts = {
  uid: 'j',
  backoffLimit: 2,
  hasOwnRules: false,
  restartPolicy: 'Never',
  failed: 0,
  isFailed: false,
};

describe('a failed attempt of a Job', () => {
  const cases: readonly [string, Partial<JobFacts>, AttemptPod, ReturnType<typeof jobAttempt>][] = [
    ['the first of three', {}, pod, 'retries-left'],
    ['the second of three', { failed: 1 }, pod, 'retries-left'],
    ['the third of three', { failed: 2 }, pod, 'last'],
    ['the only one', { backoffLimit: 0 }, pod, 'last'],
    ['one of a Job that has failed', { isFailed: true }, pod, 'last'],
    ['one whose rules are more than a limit', { hasOwnRules: true }, pod, 'unknown'],
    ['the first run of a pod that restarts', { restartPolicy: 'OnFailure' }, pod, 'retries-left'],
    ['the second run of a pod that restarts', { restartPolicy: 'OnFailure' }, { ...pod, restartCount: 1 }, 'last'],
    ['the second of three, while it is counted', { failed: 1, uncounted: ['p'] }, pod, 'retries-left'],
    ['the second of three, once its finalizer is gone', { failed: 1, uncounted: ['p'] }, counted, 'retries-left'],
    ['the second of three, once it is counted', { failed: 2 }, counted, 'retries-left'],
    ['the third of three, while the second is counted', { failed: 1, uncounted: ['o'] }, pod, 'last'],
    ['the third of three, once it is counted', { failed: 3 }, counted, 'last'],
  ];
  for (const [what, facts, attempt, expected] of cases) {
    test(`is ${expected} as ${what}`, () => {
      assert.equal(jobAttempt({ ...job, ...facts }, attempt), expected);
    });
  }

  test('of which nothing is known is told as it is', () => {
    assert.equal(jobAttempt(undefined, pod), 'unknown');
    assert.equal(withJobAttempt(aFinding(), undefined).severity, 'critical');
  });

  test('is news while retries are left, but an image that cannot be pulled is not an attempt', () => {
    assert.equal(withJobAttempt(aFinding({ pod }), job).severity, 'info');
    assert.equal(withJobAttempt(aFinding({ pod, incidentClass: 'image' }), job).severity, 'critical');
    const { severity, ...rest } = withJobAttempt(aFinding({ pod }), job);
    const { severity: _before, ...before } = aFinding({ pod });
    assert.deepEqual([severity, rest], ['info', before], 'nothing else is changed, least of all an id');
  });
});

test('the last word on an attempt is what its Job says once the pod is counted', () => {
  const asked: (boolean | undefined)[] = [];
  const owners = lookUpOwners({
    get: () => undefined,
    ask: ({ isLastWord }) => {
      asked.push(isLastWord);
      return undefined;
    },
  });
  const owned = {
    namespace: 'shop',
    labels: new Map(),
    owner: { apiVersion: 'batch/v1', kind: 'Job', name: 'import', uid: 'j' },
  };
  for (const attempt of [pod, { ...counted, isJobTracked: true }, counted]) void owners.ask({ ...owned, ...attempt });
  assert.deepEqual(asked, [false, false, true]);
});

describe('what is behind a controller', () => {
  const labels = new Map([['pod-template-hash', '7d9f']]);
  const owned = (kind: string, name: string, apiVersion = 'apps/v1'): OwnedPod => ({
    ...{ namespace: 'shop', labels },
    owner: { apiVersion, kind, name, uid: 'u' },
  });
  const asked: string[] = [];
  const reads = new Map<string, OwnerRead>();
  const owners = lookUpOwners({
    get: (uid) => reads.get(uid),
    ask: ({ kind, namespace, name }) => {
      asked.push(`${kind} ${namespace}/${name}`);
      return undefined;
    },
  });

  for (const [what, pod, expected] of [
    ["a Deployment's ReplicaSet", owned('ReplicaSet', 'cart-7d9f'), 'Deployment cart pod'],
    ['a ReplicaSet of another name', owned('ReplicaSet', 'cart-abc'), 'ReplicaSet cart-abc guessed'],
    ["a Job with a CronJob's name", owned('Job', 'backup-29000000', 'batch/v1'), 'CronJob backup guessed'],
    ['a StatefulSet', owned('StatefulSet', 'db'), 'StatefulSet db pod'],
    ['a custom controller', owned('Job', 'train', 'kubeflow.org/v1'), 'Job train pod'],
    ['no controller', { namespace: 'shop', labels, owner: undefined }, '  pod'],
  ] as const) {
    test(`is told by name for ${what}, and asked for only where names don't tell`, () => {
      asked.length = 0;
      const { workload, source } = owners.topOwner(pod);
      assert.equal(`${workload.kind} ${workload.name} ${source}`, expected);
      void owners.ask(pod);
      assert.equal(asked.length, source === 'guessed' ? 1 : 0);
    });
  }

  test('is what was read, once it was; a controller of nobody is itself', () => {
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'cart', uid: 'r' };
    reads.set('u', { uid: 'u', owner: rollout, job: undefined });
    assert.deepEqual(owners.topOwner(owned('ReplicaSet', 'cart-abc')), {
      workload: { kind: 'Rollout', name: 'cart' },
      source: 'read',
    });
    reads.set('u', { uid: 'u', owner: undefined, job });
    const alone = owned('Job', 'backup-20260101', 'batch/v1');
    assert.deepEqual(owners.topOwner(alone).workload, { kind: 'Job', name: 'backup-20260101' });
    assert.equal(owners.jobOf(alone), job);
    assert.equal(owners.jobOf(owned('StatefulSet', 'db')), undefined);
  });
});
