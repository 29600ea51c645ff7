/**
 * The pod that Kubernetes' controllers would make of a manifest, for clusters on which no controller runs: names as they
 * make them up, owners as they set them, bound to a node. Pure.
 */
import type { Manifest } from '../../test/support/e2e-pods.ts';

export interface StagedPod {
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly template: { readonly metadata?: { readonly labels?: object }; readonly spec: object };
}

/** Node of all of them. It need not be there. */
const NODE = 'node-1';

/** `mark` tells apart the pods of one workload; five characters, as controllers have it. */
export function stagePod(manifest: Manifest, mark: string, templateHash = '67b7b5948f'): StagedPod {
  const { kind, metadata, spec } = manifest;
  switch (kind) {
    case 'Pod':
      return { metadata, spec: { ...spec, nodeName: NODE } };
    case 'Job':
      return templated(spec as Template, {
        name: `${metadata.name}-${mark}`,
        labels: { 'job-name': metadata.name },
        ownerReferences: [owner('batch/v1', 'Job', metadata.name)],
      });
    case 'Deployment':
      return templated(spec as Template, {
        name: `${metadata.name}-${templateHash}-${mark}`,
        labels: { app: metadata.name, 'pod-template-hash': templateHash },
        ownerReferences: [owner('apps/v1', 'ReplicaSet', `${metadata.name}-${templateHash}`)],
      });
  }
}

function templated({ template }: Template, metadata: StagedPod['metadata']): StagedPod {
  return { metadata, spec: { ...template.spec, nodeName: NODE } };
}

function owner(apiVersion: string, kind: string, name: string): object {
  const uid = `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padEnd(12, '0').slice(0, 12)}`;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
