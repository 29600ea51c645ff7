/** The objects scenarios make: containers of the one image there is, and what runs them. */
import { BUSYBOX_IMAGE } from '../cluster/node/image.ts';

export interface Manifest {
  readonly kind: keyof typeof collections;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

const collections = {
  Pod: ['/api/v1', 'pods'],
  ConfigMap: ['/api/v1', 'configmaps'],
  Job: ['/apis/batch/v1', 'jobs'],
  Deployment: ['/apis/apps/v1', 'deployments'],
  StatefulSet: ['/apis/apps/v1', 'statefulsets'],
  PodDisruptionBudget: ['/apis/policy/v1', 'poddisruptionbudgets'],
  PriorityClass: ['/apis/scheduling.k8s.io/v1', 'priorityclasses'],
} as const;

/** Where objects of a kind are made; of one of them with `name`. */
export function pathOf(kind: Manifest['kind'], namespace: string, name?: string): string {
  const [group, plural] = collections[kind];
  const collection = kind === 'PriorityClass' ? `${group}/${plural}` : `${group}/namespaces/${namespace}/${plural}`;
  return name === undefined ? collection : `${collection}/${name}`;
}

/** An image nobody serves: nothing listens there, so pulling it fails at once. */
export const ABSENT_IMAGE = '127.0.0.1:1/absent/image:1';

/** A shell as process 1 doesn't end by SIGTERM unless it is told to. */
export const SLEEP = 'sleep 3600';
/** Ends by SIGTERM as a well-behaved program does. */
export const SERVE = 'trap "exit 143" TERM; while true; do sleep 1; done';
/** Fills a shell variable until the kernel ends it. */
export const EAT_MEMORY = 'x=0123456789abcdef; while true; do x=$x$x; done';
export const LITTLE_MEMORY = { limits: { memory: '20Mi' } };

type Fields = Readonly<Record<string, unknown>>;

/** Runs `script` in a shell; `main` unless named otherwise. */
export function container(script: string, fields: Fields = {}): Fields {
  const command = ['sh', '-c', script];
  return { name: 'main', image: BUSYBOX_IMAGE, imagePullPolicy: 'IfNotPresent', command, ...fields };
}

/** A pod's spec with one container. */
export function one(script: string, fields: Fields = {}, spec: Fields = {}): Fields {
  return { containers: [container(script, fields)], ...spec };
}

export function pod(name: string, spec: Fields, metadata: Fields = {}): Manifest {
  return { kind: 'Pod', metadata: { name, ...metadata }, spec: withGrace(spec) };
}

export function deployment(name: string, replicas: number, spec: Fields): Manifest {
  return { kind: 'Deployment', metadata: { name }, spec: { replicas, ...templateOf(name, spec) } };
}

export function statefulSet(name: string, replicas: number, spec: Fields): Manifest {
  return { kind: 'StatefulSet', metadata: { name }, spec: { replicas, serviceName: name, ...templateOf(name, spec) } };
}

/** Its pods are not restarted in place unless `spec` says so. */
export function job(name: string, spec: Fields, fields: Fields = {}): Manifest {
  const template = { spec: withGrace({ restartPolicy: 'Never', ...spec }) };
  return { kind: 'Job', metadata: { name }, spec: { backoffLimit: 0, template, ...fields } };
}

/** Runs `script` before the others; a sidecar with `restartPolicy: 'Always'`. */
export function init(name: string, script: string, fields: Fields = {}): Fields {
  return container(script, { name, ...fields });
}

/** An empty directory at /scratch, which outlives its containers. */
export const scratch = { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] };
export const scratchVolume = { volumes: [{ name: 'scratch', emptyDir: {} }] };
/** Fails the first time it is run in a pod. */
export const failOnce = (then: string): string => `test -f /scratch/ran || { touch /scratch/ran; exit 1; }; ${then}`;

function templateOf(name: string, spec: Fields): Fields {
  const labels = { app: name };
  return { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: withGrace(spec) } };
}

/** Short, so that what does not end by itself is recorded in seconds. */
function withGrace(spec: Fields): Fields {
  return { terminationGracePeriodSeconds: 2, ...spec };
}
