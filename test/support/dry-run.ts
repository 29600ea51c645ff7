/**
 * Objects shown to a real API server without being kept: POST with dryRun=All, which runs validation, defaulting and
 * admission (Pod Security among it), and fieldValidation=Strict, which refuses a field that is not known.
 */
import type { Cluster } from '../cluster/options.ts';
import type { Rendered } from './helm.ts';

const plurals: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
};

const CLUSTER_WIDE = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];

function pathOf({ apiVersion, kind, metadata }: Rendered): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = plurals[kind] ?? `${kind.toLowerCase()}s`;
  return CLUSTER_WIDE.includes(kind) ? `${root}/${plural}` : `${root}/namespaces/${metadata.namespace ?? ''}/${plural}`;
}

/** Rejects with the API server's words. */
export async function dryRun(cluster: Cluster, object: Rendered): Promise<void> {
  await cluster.api('POST', `${pathOf(object)}?dryRun=All&fieldValidation=Strict`, object);
}

interface Workload {
  readonly spec: {
    readonly template: { readonly metadata: object; readonly spec: { readonly volumes?: readonly object[] | null } };
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

/** The pod that the controller of a Deployment, DaemonSet or StatefulSet would make. */
export function podOf(workload: Rendered): Rendered {
  const { template, volumeClaimTemplates = [] } = (workload as unknown as Workload).spec;
  const claimed = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-0` },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, ...workload.metadata },
    spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claimed] },
  };
}

/** As much of a CRD as it takes to be asked for. */
export function anyCrd(group: string, version: string, kind: string): Rendered {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}
