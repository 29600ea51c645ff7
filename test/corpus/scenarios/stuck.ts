/** States that are normal and must not last. Their delays are those of a test, in seconds. */
import { init, one, pod, SERVE, SLEEP } from '../manifests.ts';
import { condition, isReady, isRunning, lacks, phase, waiting } from '../pod-is.ts';
import { once, type Scenario } from '../scenario.ts';
import { create, lasting, patch, remove, until, untilNone } from '../steps.ts';

const gates = { schedulingGates: [{ name: 'example.com/quota' }] };
const exec = (command: readonly string[]): object => ({ exec: { command }, periodSeconds: 1 });

export const stuck: readonly Scenario[] = [
  {
    name: 'unschedulable',
    about: 'No node has the label the pod wants.',
    steps: [
      create(pod('homeless', one(SLEEP, {}, { nodeSelector: { nobody: 'has-this' } }))),
      until('homeless', condition('PodScheduled', 'False')),
      lasting(12),
    ],
    settings: ['--unschedulable-after=5s'],
    expected: [once('homeless', 'Unschedulable', 'warning', '')],
  },
  {
    name: 'scheduling-gated',
    about: 'Nobody takes the gate away.',
    steps: [
      create(pod('gated', one(SLEEP, {}, gates))),
      until('gated', condition('PodScheduled', 'False')),
      lasting(12),
    ],
    settings: ['--scheduling-gated-after=5s', '--unschedulable-after=5s', '--stuck-pending-after=5s'],
    expected: [once('gated', 'SchedulingGated', 'warning', '')],
  },
  {
    name: 'scheduling-gate-removed',
    about: 'The gate is taken away in time: nothing was wrong.',
    steps: [
      create(pod('gated', one(SLEEP, {}, gates))),
      until('gated', condition('PodScheduled', 'False')),
      lasting(7),
      patch('Pod', 'gated', { spec: { schedulingGates: null } }),
      until('gated', isReady),
    ],
    settings: ['--unschedulable-after=5s'],
    expected: [],
    silent: [{ pod: 'gated' }],
  },
  {
    name: 'claim-missing',
    about: 'A volume claim that is not there keeps the scheduler from placing the pod.',
    steps: [
      create(
        pod(
          'unclaimed',
          one(SLEEP, {}, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'nowhere' } }] }),
        ),
      ),
      until('unclaimed', condition('PodScheduled', 'False')),
      lasting(12),
    ],
    settings: ['--unschedulable-after=5s'],
    expected: [once('unclaimed', 'Unschedulable', 'warning', '')],
  },
  {
    name: 'no-scheduler',
    about: 'The scheduler the pod names does not exist, so nobody says anything of it.',
    steps: [
      create(pod('unseen', one(SLEEP, {}, { schedulerName: 'nobody' }))),
      until('unseen', phase('Pending')),
      lasting(12),
    ],
    settings: ['--stuck-pending-after=5s'],
    expected: [once('unseen', 'StuckPending', 'warning', '')],
  },
  {
    name: 'secret-missing',
    about: 'A volume of a Secret that is not there: the containers are never made.',
    steps: [
      create(
        pod(
          'unmounted',
          one(
            SLEEP,
            { volumeMounts: [{ name: 'secret', mountPath: '/secret' }] },
            { volumes: [{ name: 'secret', secret: { secretName: 'nowhere' } }] },
          ),
        ),
      ),
      until('unmounted', waiting('ContainerCreating')),
      lasting(25),
    ],
    settings: ['--stuck-creating-after=15s'],
    expected: [once('unmounted', 'StuckCreating', 'warning', '')],
  },
  {
    name: 'init-too-long',
    about: 'An init container that does not end.',
    steps: [
      create(pod('endless', { ...one(SLEEP), initContainers: [init('migrate', SLEEP)] })),
      until('endless', isRunning),
      lasting(15),
    ],
    settings: ['--stuck-init-after=8s'],
    expected: [once('endless', 'StuckInit', 'warning', 'migrate')],
  },
  {
    name: 'never-ready',
    about: 'The pod runs and its readiness probe never succeeds.',
    steps: [
      create(pod('unready', one(SLEEP, { readinessProbe: exec(['false']) }))),
      until('unready', isRunning),
      lasting(20),
    ],
    settings: ['--not-ready-after=12s'],
    expected: [once('unready', 'NotReady', 'warning', '')],
  },
  {
    name: 'readiness-gate',
    about: 'All containers are ready, and who should say so of the readiness gate does not.',
    steps: [
      create(pod('gated', one(SLEEP, {}, { readinessGates: [{ conditionType: 'example.com/ready' }] }))),
      until('gated', condition('ContainersReady', 'True')),
      lasting(20),
    ],
    settings: ['--not-ready-after=12s'],
    expected: [once('gated', 'NotReady', 'warning', '')],
  },
  {
    name: 'readiness-lost',
    about: 'The pod is ready at first, and then not any more.',
    steps: [
      create(
        pod(
          'tired',
          one(`touch /tmp/ready; sleep 8; rm /tmp/ready; ${SLEEP}`, {
            readinessProbe: exec(['test', '-f', '/tmp/ready']),
          }),
        ),
      ),
      until('tired', isReady),
      until('tired', lacks('Ready')),
      lasting(20),
    ],
    settings: ['--not-ready-after=12s'],
    expected: [once('tired', 'NotReady', 'warning', '')],
  },
  {
    name: 'readiness-flaps',
    about: 'Not ready for a moment now and then, each time for less than it may.',
    steps: [
      create(
        pod(
          'flapping',
          one('while true; do touch /tmp/ready; sleep 5; rm /tmp/ready; sleep 4; done', {
            readinessProbe: { ...exec(['test', '-f', '/tmp/ready']), failureThreshold: 1 },
          }),
        ),
      ),
      until('flapping', isReady),
      lasting(30),
    ],
    settings: ['--not-ready-after=25s'],
    expected: [],
    silent: [{ pod: 'flapping' }],
  },
  {
    name: 'slow-start',
    about: 'A program that takes its time, within what its startup probe grants.',
    steps: [
      create(
        pod(
          'slow',
          one('sleep 10; touch /tmp/started; sleep 3600', {
            startupProbe: { ...exec(['test', '-f', '/tmp/started']), failureThreshold: 60 },
          }),
        ),
      ),
      until('slow', isReady),
    ],
    settings: ['--not-ready-after=60s'],
    expected: [],
    silent: [{ pod: 'slow' }],
  },
  {
    name: 'ready-after-a-long-init',
    about:
      'Never Ready for longer than it may, as an init container takes its time: a pod is asked to be Ready once it runs.',
    steps: [
      create(
        pod('prepared', {
          ...one(`sleep 5; touch /tmp/ready; ${SLEEP}`, { readinessProbe: exec(['test', '-f', '/tmp/ready']) }),
          initContainers: [init('prepare', 'sleep 18')],
        }),
      ),
      until('prepared', isReady),
    ],
    settings: ['--not-ready-after=20s'],
    expected: [],
    silent: [{ pod: 'prepared' }],
  },
  {
    name: 'finalizer-stuck',
    about: 'A finalizer nobody removes holds a pod that was deleted; when it is gone, so is the pod.',
    steps: [
      create(pod('held', one(SERVE), { finalizers: ['example.com/held'] })),
      until('held', isReady),
      remove('Pod', 'held'),
      lasting(20),
      patch('Pod', 'held', { metadata: { finalizers: null } }),
      untilNone('held'),
    ],
    settings: ['--stuck-terminating-after=8s'],
    expected: [once('held', 'StuckTerminating', 'warning', '')],
    silent: [{ pod: 'held', because: 'deletion' }],
  },
];
