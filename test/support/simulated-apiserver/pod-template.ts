/**
 * metadata and spec of pods as a Deployment's or a Job's controller makes them and the API server completes them. The
 * shape was recorded from Kubernetes 1.36 (kube-controller-manager, scheduler and kubelet of a real node).
 */
import { hash as digest } from 'node:crypto';
import type { KubernetesObject, ObjectMeta, OwnerReference } from './objects.ts';

export interface ContainerTemplate {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly object[];
  /** Whole environment from this ConfigMap. */
  readonly configMap?: string;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  /** Liveness and readiness by HTTP on port 8080. */
  readonly hasProbes?: boolean;
  /** An init container that goes on running beside the others (restartPolicy Always). */
  readonly isSidecar?: boolean;
}

export interface PodTemplate {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: OwnerReference | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly containers: readonly ContainerTemplate[];
  readonly initContainers?: readonly ContainerTemplate[];
  /** Volumes beside the service account's. */
  readonly volumes?: readonly object[];
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly graceSeconds: number;
  /** managedSpec() of these containers, where many pods share it. */
  readonly managedSpec?: object;
}

/** A uid that is the same for the same words. */
export function uidOf(...words: readonly (string | number)[]): string {
  const hex = hash(...words);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** 64 hexadecimal digits that are the same for the same words: the id of a container or an image. */
export function hash(...words: readonly (string | number)[]): string {
  return digest('sha256', words.join('\0'), 'hex');
}

/** The end of a pod's name, out of the letters Kubernetes uses. */
export function nameSuffix(length: number, ...words: readonly (string | number)[]): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const bytes = digest('sha256', words.join('\0'), 'buffer');
  let suffix = '';
  for (let at = 0; at < length; at++) suffix += alphabet[(bytes[at] ?? 0) % alphabet.length] ?? '';
  return suffix;
}

export function podMeta(template: PodTemplate, createdAt: string): ObjectMeta {
  const { name, namespace, uid, labels, owner, annotations, finalizers } = template;
  return {
    name,
    ...(owner === undefined ? {} : { generateName: `${owner.name}-` }),
    namespace,
    uid,
    generation: 1,
    creationTimestamp: createdAt,
    labels,
    ...(annotations === undefined ? {} : { annotations }),
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    ...(finalizers === undefined ? {} : { finalizers }),
    managedFields: [
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'v1',
        time: createdAt,
        fieldsType: 'FieldsV1',
        fieldsV1: specFields(template),
      },
    ],
  };
}

export function podSpec(template: PodTemplate, nodeName: string): object {
  const token = tokenVolume(template);
  const container = (one: ContainerTemplate): object => containerSpec(one, template);
  const initContainers = template.initContainers ?? [];
  return {
    volumes: [...(template.volumes ?? []), token],
    ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(container) }),
    containers: template.containers.map(container),
    restartPolicy: template.restartPolicy,
    terminationGracePeriodSeconds: template.graceSeconds,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    ...(nodeName === '' ? {} : { nodeName }),
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((taint) => ({
      key: `node.kubernetes.io/${taint}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Mounts of a container: the template's volumes below /mnt, and the service account's token. */
export function mountsOf(template: PodTemplate): readonly { readonly name: string; readonly mountPath: string }[] {
  const own = (template.volumes ?? []).map((volume) => (volume as { name: string }).name);
  const token = { name: tokenVolume(template).name, readOnly: true, mountPath: TOKEN_PATH };
  return [...own.map((name) => ({ name, mountPath: `/mnt/${name}` })), token];
}

function tokenVolume(template: PodTemplate) {
  return {
    name: `kube-api-access-${nameSuffix(5, template.uid)}`,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}

function containerSpec(one: ContainerTemplate, template: PodTemplate): object {
  const probe = (path: string, periodSeconds: number): object => ({
    httpGet: { path, port: 'http', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds,
    successThreshold: 1,
    failureThreshold: 3,
  });
  const { hasProbes = false } = one;
  return {
    name: one.name,
    image: one.image,
    ...(one.command === undefined ? {} : { command: one.command }),
    ...(hasProbes ? { ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] } : {}),
    ...(one.configMap === undefined ? {} : { envFrom: [{ configMapRef: { name: one.configMap } }] }),
    ...(one.env === undefined ? {} : { env: one.env }),
    resources: one.resources ?? {},
    ...(one.isSidecar === true ? { restartPolicy: 'Always' } : {}),
    volumeMounts: mountsOf(template),
    ...(hasProbes ? { livenessProbe: probe('/healthz', 10), readinessProbe: probe('/readyz', 5) } : {}),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}

/** managedFields of what the controller wrote: bulk that every real pod carries and nobody reads. */
function specFields(template: PodTemplate): object {
  const owner = template.owner === undefined ? {} : { [`k:{"uid":"${template.owner.uid}"}`]: {} };
  return {
    'f:metadata': {
      'f:generateName': {},
      'f:labels': { '.': {}, ...fieldsOf(Object.keys(template.labels)) },
      'f:ownerReferences': { '.': {}, ...owner },
    },
    'f:spec': template.managedSpec ?? managedSpec(template.containers),
  };
}

/** The part of managedFields that depends on nothing but the containers. */
export function managedSpec(containers: readonly ContainerTemplate[]): object {
  const each = containers.map((one) => [`k:{"name":"${one.name}"}`, containerFields(one)] as const);
  return {
    'f:containers': Object.fromEntries(each),
    ...fieldsOf(['dnsPolicy', 'enableServiceLinks', 'restartPolicy', 'schedulerName', 'securityContext']),
    'f:terminationGracePeriodSeconds': {},
  };
}

function containerFields(one: ContainerTemplate): object {
  const env = (one.env ?? []).map((variable) => (variable as { name: string }).name);
  const variables = env.map((name) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }] as const);
  const probe = {
    '.': {},
    ...fieldsOf(['failureThreshold', 'periodSeconds', 'successThreshold', 'timeoutSeconds']),
    'f:httpGet': { '.': {}, ...fieldsOf(['path', 'port', 'scheme']) },
  };
  return {
    '.': {},
    ...(env.length === 0 ? {} : { 'f:env': { '.': {}, ...Object.fromEntries(variables) } }),
    ...fieldsOf([
      'image',
      'imagePullPolicy',
      'name',
      'resources',
      'terminationMessagePath',
      'terminationMessagePolicy',
    ]),
    ...(one.hasProbes === true ? { 'f:livenessProbe': probe, 'f:readinessProbe': probe } : {}),
  };
}

const fieldsOf = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));

/** The object without its server metadata: what `put` takes. */
export function podObject(meta: ObjectMeta, spec: object, status: object): KubernetesObject {
  return { metadata: meta, spec, status };
}
