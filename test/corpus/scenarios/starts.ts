/** Images and configuration that keep a container from being made. */
import { BUSYBOX_IMAGE } from '../../cluster/node/image.ts';
import { ABSENT_IMAGE, deployment, one, pod, SLEEP } from '../manifests.ts';
import { isReady, waiting } from '../pod-is.ts';
import { once, type Scenario } from '../scenario.ts';
import { create, lasting, patch, until } from '../steps.ts';

const missingConfigMap = { envFrom: [{ configMapRef: { name: 'nowhere' } }] };

export const starts: readonly Scenario[] = [
  {
    name: 'image-pull',
    about:
      'An image that can not be had: ErrImagePull and ImagePullBackOff, in turns, are one trouble, and why the pod does not get to run.',
    steps: [
      create(deployment('unpulled', 1, one(SLEEP, { image: ABSENT_IMAGE }))),
      until('unpulled-*', waiting('ImagePullBackOff')),
      lasting(15),
    ],
    settings: ['--stuck-creating-after=5s', '--stuck-pending-after=5s', '--not-ready-after=5s'],
    expected: [once('unpulled-*', 'ErrImagePull', 'critical')],
  },
  {
    name: 'image-corrected',
    about: 'The same, until somebody names an image there is: told once, and then the pod runs.',
    steps: [
      create(pod('corrected', one(SLEEP, { image: ABSENT_IMAGE }))),
      until('corrected', waiting('ImagePullBackOff')),
      patch('Pod', 'corrected', { spec: { containers: [{ name: 'main', image: BUSYBOX_IMAGE }] } }),
      until('corrected', isReady),
    ],
    expected: [once('corrected', 'ErrImagePull', 'critical')],
  },
  {
    name: 'invalid-image-name',
    about: 'An image reference with a typo, of which no registry is asked.',
    steps: [
      create(pod('misnamed', one(SLEEP, { image: 'Not/An/Image:' }))),
      until('misnamed', waiting('InvalidImageName')),
      lasting(5),
    ],
    expected: [once('misnamed', 'InvalidImageName', 'critical')],
  },
  {
    name: 'image-never-pulled',
    about: 'An image that is not on the node and may not be pulled.',
    steps: [
      create(pod('unpulled', one(SLEEP, { image: 'watcher.test/absent:1', imagePullPolicy: 'Never' }))),
      until('unpulled', waiting('ErrImageNeverPull')),
      lasting(5),
    ],
    expected: [once('unpulled', 'ErrImageNeverPull', 'critical')],
  },
  {
    name: 'config-map-missing',
    about: 'Three replicas want a ConfigMap that is not there: each of them is told, once.',
    steps: [
      create(deployment('unconfigured', 3, one(SLEEP, missingConfigMap))),
      until('unconfigured-*', waiting('CreateContainerConfigError'), 3),
      lasting(5),
    ],
    expected: [{ ...once('unconfigured-*', 'CreateContainerConfigError', 'critical'), count: 3 }],
  },
  {
    name: 'config-map-appears',
    about: 'The ConfigMap comes later: told once, and then the pod runs.',
    steps: [
      create(pod('early', one(SLEEP, missingConfigMap))),
      until('early', waiting('CreateContainerConfigError')),
      create({ kind: 'ConfigMap', metadata: { name: 'nowhere' }, data: { key: 'value' } }),
      until('early', isReady),
    ],
    expected: [once('early', 'CreateContainerConfigError', 'critical')],
  },
  {
    name: 'root-refused',
    about: 'An image that runs as root in a pod that must not.',
    steps: [
      create(pod('rootless', one(SLEEP, { securityContext: { runAsNonRoot: true } }))),
      until('rootless', waiting('CreateContainerConfigError')),
      lasting(5),
    ],
    expected: [once('rootless', 'CreateContainerConfigError', 'critical')],
  },
  {
    name: 'seccomp-profile-missing',
    about: 'A seccomp profile that is not on the node: the runtime can not make the container.',
    steps: [
      create(
        pod(
          'unprofiled',
          one(SLEEP, { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'no' } } }),
        ),
      ),
      until('unprofiled', waiting('CreateContainerError')),
      lasting(5),
    ],
    expected: [once('unprofiled', 'CreateContainerError', 'critical')],
  },
];
