/**
 * What the demo lets happen: the failures that must be told, in the order in which they begin, and what looks like
 * trouble and must stay silent. The manifests are those of the end to end tests (test/support/e2e-pods.ts), which a real
 * kubelet runs and whose statuses were recorded from one.
 */
import { BUSYBOX_IMAGE } from '../../test/cluster/node/image.ts';
import { failing, faultless, type Manifest } from '../../test/support/e2e-pods.ts';
import type { Expectation, Silence } from './verdict.ts';

export const NAMESPACE = 'shop';

/** A name of failing, and so of its recording. */
export type FailureName = keyof typeof failing;

export interface StagedFailure {
  readonly name: FailureName;
  /** For the reader. */
  readonly what: string;
  readonly expectations: readonly Expectation[];
}

function staged(name: FailureName, what: string, ...told: readonly Told[]): StagedFailure {
  const podPrefix = failing[name].metadata.name;
  const expectations = told.map(({ container = 'main', reasons, isRequired = true }) => ({
    ...{ namespace: NAMESPACE, podPrefix, container, reasons, isRequired },
  }));
  return { name, what, expectations };
}

type Told = Pick<Expectation, 'reasons'> & Partial<Expectation>;

/** Where exit and crash loop are first seen in one status, only the loop is told, and covers the exit. */
const firstExit = { reasons: ['Error'], isRequired: false };
const loop = { reasons: ['CrashLoopBackOff'] };

export const failures: readonly StagedFailure[] = [
  staged('evicted', 'fills its volume beyond the limit, and is evicted', { container: '', reasons: ['Evicted'] }),
  staged('imagePull', 'an image that no registry serves', { reasons: ['ErrImagePull', 'ImagePullBackOff'] }),
  staged('missingConfigMap', 'a ConfigMap that is not there', { reasons: ['CreateContainerConfigError'] }),
  staged('outOfMemory', 'uses more memory than its limit', { reasons: ['OOMKilled'] }),
  staged('crashLoop', 'exits with 3, again and again', firstExit, loop),
  staged(
    'init',
    'an init container that fails',
    { ...firstExit, container: 'migrate' },
    { ...loop, container: 'migrate' },
  ),
  staged('job', 'a Job without retries that fails', { reasons: ['Error'] }),
];

/** A workload that does well, and is rolled out anew while others fail. */
export const storefront: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'storefront' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'storefront' } },
    template: { metadata: { labels: { app: 'storefront' } }, spec: podThatEndsWith143() },
  },
};

function podThatEndsWith143(): object {
  const command = ['sh', '-c', "trap 'exit 143' TERM; sleep 3600 & wait"];
  const container = { name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent', command };
  return { terminationGracePeriodSeconds: 30, containers: [container] };
}

export const silences: readonly Silence[] = [
  {
    namespace: NAMESPACE,
    podPrefix: storefront.metadata.name,
    what: 'rolled out anew: old pods ended with 143 on SIGTERM',
  },
  { namespace: NAMESPACE, podPrefix: faultless.completedJob.metadata.name, what: 'a Job that completed' },
];

export const allExpectations: readonly Expectation[] = failures.flatMap(({ expectations }) => expectations);
