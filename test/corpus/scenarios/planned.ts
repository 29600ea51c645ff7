/** What is planned, and looks like a failure to who counts exit codes. */
import { PAUSE_IMAGE } from '../../cluster/node/image.ts';
import {
  ABSENT_IMAGE,
  container,
  deployment,
  init,
  one,
  pod,
  SERVE,
  SLEEP,
  statefulSet,
  type Manifest,
} from '../manifests.ts';
import { isReady, isRunning, phase, restarted, waiting } from '../pod-is.ts';
import { looping, once, type Scenario } from '../scenario.ts';
import { create, drain, lasting, patch, remove, until, untilBudgetIs, untilNone } from '../steps.ts';

const serving = one(SERVE, { readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 } });
/** Rolls out the same once more, as `kubectl rollout restart` does. */
const again = { spec: { template: { metadata: { annotations: { again: 'yes' } } } } };
const budget: Manifest = {
  ...{ kind: 'PodDisruptionBudget', metadata: { name: 'web' } },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
};

export const planned: readonly Scenario[] = [
  {
    name: 'normal-start',
    about: 'Pods that start as they should: init containers, ContainerCreating, PodInitializing, Ready after a while.',
    steps: [
      create(deployment('web', 2, { ...serving, initContainers: [init('prepare', 'sleep 2')] })),
      until('web-*', isReady, 2),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'web-*' }],
  },
  {
    name: 'completed',
    about: 'A pod that does its work and ends.',
    steps: [
      create(pod('done', one('sleep 1', {}, { restartPolicy: 'Never' }))),
      until('done', phase('Succeeded')),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'done' }],
  },
  {
    name: 'rollout',
    about: 'A roll-out that succeeds: the old pods end by SIGTERM, exit code 143.',
    steps: [
      create(deployment('web', 2, serving)),
      until('web-*', isReady, 2),
      patch('Deployment', 'web', again),
      until('web-*', isReady, 3),
      untilNone('web-*', phase('Pending')),
      lasting(15),
    ],
    expected: [],
    silent: [{ pod: 'web-*', because: 'deletion' }],
  },
  {
    name: 'rollout-fails',
    about: 'A roll-out to an image that can not be had: the new pod is told, the old ones go on.',
    steps: [
      create(deployment('web', 2, serving)),
      until('web-*', isReady, 2),
      patch('Deployment', 'web', {
        spec: { template: { spec: { containers: [{ name: 'main', image: ABSENT_IMAGE }] } } },
      }),
      until('web-*', waiting('ImagePullBackOff')),
      lasting(5),
    ],
    expected: [once('web-*', 'ErrImagePull', 'critical')],
  },
  {
    name: 'rollout-crashes',
    about: 'A roll-out of a version that does not start: the new pod is told, the old ones go on.',
    steps: [
      create(deployment('web', 2, serving)),
      until('web-*', isReady, 2),
      patch('Deployment', 'web', { spec: { template: { spec: { containers: [container('exit 1')] } } } }),
      until('web-*', restarted(2)),
      until('web-*', waiting('CrashLoopBackOff')),
    ],
    expected: looping('web-*'),
  },
  {
    name: 'rollout-of-a-stateful-set',
    about: 'Pods of a StatefulSet are replaced one by one under their names, each with a new uid.',
    steps: [
      create(statefulSet('db', 2, serving)),
      until('db-*', isReady, 2),
      patch('StatefulSet', 'db', again),
      lasting(30),
      until('db-*', isReady, 2),
    ],
    expected: [],
    silent: [{ pod: 'db-*', because: 'deletion' }],
  },
  {
    name: 'workload-deleted',
    about: 'A Deployment is deleted, and its pods with it.',
    steps: [
      create(deployment('web', 2, serving)),
      until('web-*', isReady, 2),
      remove('Deployment', 'web'),
      untilNone('web-*'),
    ],
    expected: [],
    silent: [{ pod: 'web-*', because: 'deletion' }],
  },
  {
    name: 'scale-down',
    about: 'Three replicas become one.',
    steps: [
      create(deployment('web', 3, serving)),
      until('web-*', isReady, 3),
      patch('Deployment', 'web', { spec: { replicas: 1 } }),
      lasting(15),
    ],
    expected: [],
    silent: [{ pod: 'web-*', because: 'deletion' }],
  },
  {
    name: 'drain',
    about: 'The pods are evicted, as for a drain, and others take their place.',
    steps: [
      create(deployment('web', 2, serving)),
      until('web-*', isReady, 2),
      drain('web-*'),
      lasting(10),
      until('web-*', isReady, 2),
    ],
    expected: [],
    silent: [{ pod: 'web-*', because: 'deletion' }],
  },
  {
    name: 'drain-with-a-budget',
    about: 'A PodDisruptionBudget lets them go one after the other; who has to wait is not told either.',
    steps: [
      create(deployment('web', 3, serving), budget),
      until('web-*', isReady, 3),
      untilBudgetIs('web', 1),
      drain('web-*'),
      lasting(10),
      until('web-*', isReady, 3),
    ],
    expected: [],
    silent: [{ pod: 'web-*', because: 'deletion' }],
  },
  {
    name: 'killed-after-its-grace',
    about: 'A program that does not listen to SIGTERM is killed when its grace is over: exit code 137.',
    steps: [create(pod('deaf', one(SLEEP))), until('deaf', isReady), remove('Pod', 'deaf'), untilNone('deaf')],
    expected: [],
    silent: [{ pod: 'deaf', because: 'deletion' }],
  },
  {
    name: 'deleted-by-force',
    about: 'Deleted with no grace at all: gone at once for the API server, later for the node.',
    steps: [
      create(pod('forced', one(SLEEP))),
      until('forced', isReady),
      remove('Pod', 'forced', 0),
      untilNone('forced'),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'forced' }],
  },
  {
    name: 'deleted-while-it-loops',
    about: 'A pod in a crash loop is deleted: what was told was told, and its end is none of it.',
    steps: [
      create(deployment('web', 1, one('sleep 1; exit 3'))),
      until('web-*', waiting('CrashLoopBackOff')),
      remove('Deployment', 'web'),
      untilNone('web-*'),
    ],
    expected: looping('web-*'),
  },
  {
    name: 'image-changed-in-place',
    about: 'Somebody changes the image of a running pod: the kubelet stops the container to start the new one.',
    steps: [
      create(pod('patched', one(SLEEP))),
      until('patched', isReady),
      patch('Pod', 'patched', { spec: { containers: [{ name: 'main', image: PAUSE_IMAGE }] } }),
      until('patched', restarted(1)),
      until('patched', isReady),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'patched', because: 'spec-changed' }],
  },
  {
    name: 'resized-in-place',
    about: 'A resize that restarts the container, as its policy says.',
    steps: [
      create(
        pod(
          'resized',
          one(SLEEP, {
            resources: { requests: { cpu: '10m' }, limits: { cpu: '100m' } },
            resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
          }),
        ),
      ),
      until('resized', isReady),
      patch(
        'Pod',
        'resized',
        { spec: { containers: [{ name: 'main', resources: { limits: { cpu: '200m' } } }] } },
        'resize',
      ),
      until('resized', restarted(1)),
      until('resized', isRunning),
      lasting(5),
    ],
    expected: [],
    silent: [{ pod: 'resized', because: 'spec-changed' }],
  },
];
