/** Pods that fail as a whole, or are taken from their node. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { one, pod, SERVE, SLEEP, type Manifest } from '../manifests.ts';
import { isReady, phase, restarted, waiting } from '../pod-is.ts';
import { looping, once, type Scenario, type Step } from '../scenario.ts';
import type { Stage } from '../stage.ts';
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

const staticFile = ({ cluster }: Stage, name: string): string =>
  path.join(cluster.node?.staticPodDir ?? '', `${name}.json`);
const addStatic = (name: string, spec: object): Step =>
  perform(`give the kubelet the static pod ${name}`, (stage) => {
    const { namespace } = stage;
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec };
    writeFileSync(staticFile(stage, name), JSON.stringify(manifest));
    return Promise.resolve();
  });
const removeStatic = (name: string): Step =>
  perform(`take the static pod ${name} away`, (stage) => {
    rmSync(staticFile(stage, name), { force: true });
    return Promise.resolve();
  });

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
    name: 'sysctl-forbidden',
    about: 'A sysctl the node does not allow: the kubelet refuses the pod.',
    steps: [
      create(
        pod('tuned', one(SLEEP, {}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } })),
      ),
      until('tuned', phase('Failed')),
      lasting(3),
    ],
    expected: [once('tuned', 'SysctlForbidden', 'warning', '')],
  },
  {
    name: 'apparmor-missing',
    about: 'An AppArmor profile on a node without AppArmor: the kubelet refuses the pod.',
    steps: [
      create(
        pod(
          'confined',
          one(SLEEP, {}, { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'no' } } }),
        ),
      ),
      until('confined', phase('Failed')),
      lasting(3),
    ],
    expected: [once('confined', 'AppArmor', 'warning', '')],
  },
  {
    name: 'static-pod-fails',
    about: 'A static pod, of which the API server has only an image, is told as any other.',
    steps: [
      addStatic('crashing', one('sleep 1; exit 6')),
      until('crashing-node-1', restarted(2)),
      until('crashing-node-1', waiting('CrashLoopBackOff')),
      removeStatic('crashing'),
      untilNone('crashing-node-1'),
    ],
    expected: looping('crashing-node-1'),
  },
  {
    name: 'preempted-by-the-kubelet',
    about: 'The kubelet makes room for a static pod, which is critical, and ends another one for it.',
    alone: true,
    steps: [
      create(pod('crowded-out', one(SERVE, { resources: { requests: { cpu: '1500m' } } }))),
      until('crowded-out', isReady),
      addStatic('critical', one(SERVE, { resources: { requests: { cpu: '1000m' } } })),
      until('crowded-out', phase('Failed')),
      until('critical-node-1', isReady),
      removeStatic('critical'),
      untilNone('critical-node-1'),
    ],
    expected: [once('crowded-out', 'Preempting', 'warning', '')],
    silent: [{ pod: 'critical-node-1' }],
  },
  {
    name: 'failed-before-its-deletion',
    about: 'A pod that failed is deleted: that it did was told before.',
    steps: [
      create(pod('doomed', one('sleep 4; exit 8', {}, never))),
      until('doomed', phase('Failed')),
      remove('Pod', 'doomed'),
      untilNone('doomed'),
    ],
    expected: [once('doomed', 'Error', 'warning')],
  },
];
