/**
 * The table of resources the simulated API server knows: names, scope, selectable fields, and the few ways in which the
 * real one treats them differently. Further ones, custom resources too, are given as options of the server.
 *
 * Source of the selectable fields: pkg/apis/{core,batch}/v1/conversion.go and the registries' SelectableFields; of
 * the bookmark bodies: recorded from kube-apiserver 1.36, which prints the zero value of each kind.
 */
import { textAt, type KubernetesObject } from './objects.ts';

export interface ResourceDefinition {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural, lower case, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly isNamespaced: boolean;
  /** Fields that fieldSelector may name, beside metadata.name and metadata.namespace, and how to read them. */
  readonly fields: Readonly<Record<string, (object: KubernetesObject) => string>>;
  /** True where PUT needs no resourceVersion (AllowUnconditionalUpdate). */
  readonly allowsUnconditionalUpdate: boolean;
  /** True where PUT of a missing object creates it (AllowCreateOnUpdate). */
  readonly createsOnUpdate: boolean;
  /** True where deletion is asked for and carried out later, by the kubelet (pods). */
  readonly deletesGracefully: boolean;
  readonly hasStatus: boolean;
  /** What a bookmark's object holds beside its metadata. */
  readonly bookmarkBody: Readonly<Record<string, unknown>>;
}

type Defaulted = Partial<ResourceDefinition> & Pick<ResourceDefinition, 'resource' | 'kind'>;

/** A definition with everything left out filled in: core group, v1, namespaced, a status. */
export function defineResource(given: Defaulted): ResourceDefinition {
  return {
    group: '',
    version: 'v1',
    singular: given.kind.toLowerCase(),
    shortNames: [],
    isNamespaced: true,
    fields: {},
    allowsUnconditionalUpdate: true,
    createsOnUpdate: false,
    deletesGracefully: false,
    hasStatus: true,
    bookmarkBody: { spec: {}, status: {} },
    ...given,
  };
}

const at =
  (...path: readonly string[]) =>
  (object: KubernetesObject): string =>
    textAt(object, ...path);

const podTemplate = { metadata: {}, spec: { containers: null } };

const nodeInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

export const pods = defineResource({
  resource: 'pods',
  kind: 'Pod',
  shortNames: ['po'],
  deletesGracefully: true,
  fields: {
    'spec.nodeName': at('spec', 'nodeName'),
    'spec.restartPolicy': at('spec', 'restartPolicy'),
    'spec.schedulerName': at('spec', 'schedulerName'),
    'spec.serviceAccountName': at('spec', 'serviceAccountName'),
    'spec.hostNetwork': (pod) => textAt(pod, 'spec', 'hostNetwork') || 'false',
    'status.phase': at('status', 'phase'),
    'status.podIP': at('status', 'podIP'),
    'status.nominatedNodeName': at('status', 'nominatedNodeName'),
  },
  bookmarkBody: { spec: { containers: null }, status: {} },
});

export const namespaces = defineResource({
  resource: 'namespaces',
  kind: 'Namespace',
  shortNames: ['ns'],
  isNamespaced: false,
  fields: { 'status.phase': at('status', 'phase') },
});

export const nodes = defineResource({
  resource: 'nodes',
  kind: 'Node',
  shortNames: ['no'],
  isNamespaced: false,
  fields: { 'spec.unschedulable': (node) => textAt(node, 'spec', 'unschedulable') || 'false' },
  bookmarkBody: { spec: {}, status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo } },
});

export const leases = defineResource({
  group: 'coordination.k8s.io',
  resource: 'leases',
  kind: 'Lease',
  allowsUnconditionalUpdate: false,
  createsOnUpdate: true,
  hasStatus: false,
  bookmarkBody: { spec: {} },
});

export const replicaSets = defineResource({
  group: 'apps',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  shortNames: ['rs'],
  fields: { 'status.replicas': (set) => textAt(set, 'status', 'replicas') || '0' },
  bookmarkBody: { spec: { replicas: 0, selector: null, template: podTemplate }, status: { replicas: 0 } },
});

export const jobs = defineResource({
  group: 'batch',
  resource: 'jobs',
  kind: 'Job',
  fields: { 'status.successful': (job) => textAt(job, 'status', 'succeeded') || '0' },
  bookmarkBody: { spec: { template: podTemplate }, status: {} },
});

export const events = defineResource({
  resource: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  hasStatus: false,
  fields: {
    'involvedObject.kind': at('involvedObject', 'kind'),
    'involvedObject.name': at('involvedObject', 'name'),
    'involvedObject.namespace': at('involvedObject', 'namespace'),
    'involvedObject.uid': at('involvedObject', 'uid'),
    reason: at('reason'),
    type: at('type'),
  },
  bookmarkBody: {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
});

/** What a server knows unless told otherwise. */
export const defaultResources: readonly ResourceDefinition[] = [
  pods,
  namespaces,
  nodes,
  events,
  leases,
  replicaSets,
  jobs,
];

/** `v1`, `apps/v1`. */
export function apiVersionOf(definition: ResourceDefinition): string {
  return definition.group === '' ? definition.version : `${definition.group}/${definition.version}`;
}

/** `pods`, `leases.coordination.k8s.io`: as error messages name it. */
export function qualifiedName(resource: string, group: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Where the objects of a resource lie below the server's address. */
export function pathOf(definition: ResourceDefinition, namespace?: string, name?: string): string {
  const root = definition.group === '' ? '/api/v1' : `/apis/${definition.group}/${definition.version}`;
  const scope = namespace !== undefined && definition.isNamespaced ? `/namespaces/${namespace}` : '';
  return `${root}${scope}/${definition.resource}${name === undefined ? '' : `/${name}`}`;
}
