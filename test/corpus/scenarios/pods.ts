/** Pods that fail as a whole, or are taken from their node. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { one, pod, SERVE, SLEEP, type Manifest } from '../manifests.ts';
import { isReady, phase, restarted, waiting } from '../pod-is.ts';
import { looping, once, type Scenario } from '../scenario.ts';
import { create, lasting, perform, remove, until, untilNone } from '../steps.ts';

const never = { restartPolicy: 'Never' };
const SLOT = 'watcher.test/slot';
const inSlot = { resources: { limits: { [SLOT]: '1' } } };

const priority = (name: string, value: number): Manifest => ({
  ...{ kind: 'PriorityClass', metadata: { name }, value, globalDefault: false, description: 'of the corpus' },
});

const offerSlot = perform('let the node offer one slot', async ({ cluster }) => {
  const body = { status: { capacity: { [SLOT]: '1' }, allocatable: { [SLOT]: '1' } } };
  await cluster.api('PATCH', '/api/v1/nodes/node-1/status', body);
});

const staticPod = 'crashing.json';

export const pods: readonly Scenario[] = [
  {
    name: 'deadline-exceeded',
    about: 'A pod that runs longer than it may: told as that, and not by the exit codes of what was stopped for it.',
    steps: [
      create(pod('late', one(SLEEP, {}, { ...never, activeDeadlineSeconds: 4 }))),
      until('late', phase('Failed')),
      lasting(5),
    ],
    expected: [once('late', 'DeadlineExceeded', 'warning', '')],
  },
  {
    name: 'evicted-for-a-volume',
    about: 'The kubelet evicts a pod that fills an emptyDir beyond its limit.',
    steps: [
      create(
        pod(
          'overfull',
          one(
            `head -c 4000000 /dev/zero > /small/file; ${SLEEP}`,
            { volumeMounts: [{ name: 'small', mountPath: '/small' }] },
            { volumes: [{ name: 'small', emptyDir: { sizeLimit: '1Mi' } }] },
          ),
        ),
      ),
      until('overfull', phase('Failed')),
      lasting(5),
    ],
    expected: [once('overfull', 'Evicted', 'warning', '')],
  },
  {
    name: 'evicted-for-its-log',
    about: 'The kubelet evicts a pod whose log is larger than its limit of ephemeral storage.',
    steps: [
      create(
        pod(
          'talkative',
          one(`yes 0123456789012345678901234567890123456789 | head -n 100000; ${SLEEP}`, {
            resources: { limits: { 'ephemeral-storage': '1Mi' } },
          }),
        ),
      ),
      until('talkative', phase('Failed')),
      lasting(5),
    ],
    expected: [once('talkative', 'Evicted', 'warning', '')],
  },
  {
    name: 'preempted',
    about: 'A pod of higher priority takes the place of another: the other is told, the one that took it is not.',
    steps: [
      offerSlot,
      create(priority('corpus-low', 1), priority('corpus-high', 2)),
      create(pod('low', one(SERVE, inSlot, { priorityClassName: 'corpus-low' }))),
      until('low', isReady),
      create(pod('high', one(SERVE, inSlot, { priorityClassName: 'corpus-high' }))),
      untilNone('low'),
      until('high', isReady),
    ],
    expected: [once('low', 'PreemptionByScheduler', 'warning', '')],
    silent: [{ pod: 'low', because: 'evidence' }, { pod: 'high' }],
  },
  {
    name: 'node-affinity',
    about: 'A pod that was bound to a node whose labels do not fit: the kubelet refuses it.',
    steps: [
      create(pod('misplaced', one(SLEEP, {}, { nodeName: 'node-1', nodeSelector: { nobody: 'has-this' } }))),
      until('misplaced', phase('Failed')),
      lasting(3),
    ],
    expected: [once('misplaced', 'NodeAffinity', 'warning', '')],
  },
  {
    name: 'out-of-cpu',
    about: 'A pod that was bound to a node without room for it: the kubelet refuses it.',
    steps: [
      create(pod('greedy', one(SLEEP, { resources: { requests: { cpu: '1000' } } }, { nodeName: 'node-1' }))),
      until('greedy', phase('Failed')),
      lasting(3),
    ],
    expected: [once('greedy', 'OutOfcpu', 'warning', '')],
  },
  {
    name: 'static-pod-fails',
    about: 'A static pod, of which the API server has only an image, is told as any other.',
    steps: [
      perform('give the kubelet a file', ({ cluster, namespace }) => {
        const spec = one('sleep 1; exit 6', {}, { terminationGracePeriodSeconds: 1 });
        const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crashing', namespace }, spec };
        writeFileSync(path.join(cluster.node?.staticPodDir ?? '', staticPod), JSON.stringify(manifest));
        return Promise.resolve();
      }),
      until('crashing-node-1', restarted(2)),
      until('crashing-node-1', waiting('CrashLoopBackOff')),
      perform('take the file away', ({ cluster }) => {
        rmSync(path.join(cluster.node?.staticPodDir ?? '', staticPod));
        return Promise.resolve();
      }),
      untilNone('crashing-node-1'),
    ],
    expected: looping('crashing-node-1'),
  },
  {
    name: 'failed-before-its-deletion',
    about: 'A container that runs out of memory and whose pod is deleted a moment later failed before that.',
    steps: [
      create(pod('doomed', one('sleep 4; exit 8', {}, never))),
      until('doomed', phase('Failed')),
      remove('Pod', 'doomed'),
      untilNone('doomed'),
    ],
    expected: [once('doomed', 'Error', 'warning')],
  },
];
