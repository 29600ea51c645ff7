/**
 * The pods of the end to end tests: what a real kubelet is given to fail at, and what it is given to do well. The same
 * manifests were run to record what a kubelet writes (test/corpus, by e2e-record.ts), for tests without a node.
 */
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: 'Pod' | 'Job' | 'Deployment';
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: object;
}

/** An image nobody serves: nothing listens there, so pulling it fails at once. */
export const ABSENT_IMAGE = '127.0.0.1:1/absent/image:1';

interface ContainerOptions {
  readonly script?: string;
  readonly image?: string;
  readonly [field: string]: unknown;
}

function container({ script = 'sleep 3600', image = BUSYBOX_IMAGE, ...fields }: ContainerOptions): object {
  return { name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', script], ...fields };
}

function podSpec(options: ContainerOptions, fields: object = {}): object {
  return { terminationGracePeriodSeconds: 0, containers: [container(options)], ...fields };
}

function pod(name: string, spec: object): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

function deployment(name: string, spec: object): Manifest {
  const labels = { app: name };
  const template = { metadata: { labels }, spec };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  };
}

function job(name: string, spec: object): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', ...spec } } },
  };
}

/** Fills a shell variable until the kernel ends it. */
const EAT_MEMORY = 'x=0123456789abcdef; while true; do x=$x$x; done';
const eater = { script: EAT_MEMORY, resources: { limits: { memory: '20Mi' } } };

/** An empty one that is filled beyond its limit, for which the kubelet evicts its pod. */
const smallVolume = { volumes: [{ name: 'small', emptyDir: { sizeLimit: '1Mi' } }] };
const overfill = {
  script: 'head -c 4000000 /dev/zero > /small/file; sleep 3600',
  volumeMounts: [{ name: 'small', mountPath: '/small' }],
};

const missingConfigMap = { envFrom: [{ configMapRef: { name: 'nowhere' } }] };
const failingInit = { initContainers: [{ ...container({ script: 'echo no database; exit 7' }), name: 'migrate' }] };

/** What fails, by what is wrong with it. */
export const failing = {
  crashLoop: deployment('looping', podSpec({ script: 'exit 3' })),
  imagePull: pod('unpulled', podSpec({ image: ABSENT_IMAGE })),
  missingConfigMap: pod('unconfigured', podSpec(missingConfigMap)),
  outOfMemory: pod('hungry', podSpec(eater, { restartPolicy: 'Never' })),
  init: pod('uninitialised', podSpec({}, failingInit)),
  job: job('import', podSpec({ script: 'exit 4' })),
  evicted: pod('evicted', podSpec(overfill, { ...smallVolume, restartPolicy: 'Never' })),
} satisfies Record<string, Manifest>;

/** What does well. */
export const faultless = {
  healthy: pod('healthy', podSpec({})),
  completed: pod('completed', podSpec({ script: 'exit 0' }, { restartPolicy: 'Never' })),
  completedJob: job('report', podSpec({ script: 'exit 0' })),
} satisfies Record<string, Manifest>;

const collections = {
  Pod: ['/api/v1', 'pods'],
  Job: ['/apis/batch/v1', 'jobs'],
  Deployment: ['/apis/apps/v1', 'deployments'],
} as const;

/** Where such an object is created in `namespace`. */
export function collectionPath({ kind }: Manifest, namespace: string): string {
  const [group, plural] = collections[kind];
  return `${group}/namespaces/${namespace}/${plural}`;
}
