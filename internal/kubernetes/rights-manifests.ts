/**
 * Rights as Kubernetes objects: the ServiceAccount, one ClusterRole, one Role for each namespace, and their bindings.
 * Pure. The chart renders the same rules from the same table (deploy/chart/files/rights.yaml); a test compares the two.
 */
import type { Right } from './rights.ts';

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface RoleManifest {
  readonly kind: 'ClusterRole' | 'Role';
  readonly name: string;
  /** '' for a ClusterRole. */
  readonly namespace: string;
  /** With what each is for. */
  readonly rules: readonly { readonly rule: PolicyRule; readonly why: string }[];
}

export interface Bearer {
  /** Of the roles; outside of the bearer's own namespace their names also carry that, since others may be there. */
  readonly name: string;
  readonly serviceAccount: string;
  readonly namespace: string;
}

export type KubernetesObject = Readonly<Record<string, unknown>> & { readonly kind: string };

/** The ClusterRole first, then the Roles in the order in which their namespaces are needed. */
export function rolesOf(rights: readonly Right[], { name, namespace: own }: Bearer): RoleManifest[] {
  const namespaces = [...new Set(rights.map(({ namespace }) => namespace))].toSorted(
    (a, b) => Number(a !== '') - Number(b !== ''),
  );
  return namespaces.map((namespace) => ({
    kind: namespace === '' ? 'ClusterRole' : 'Role',
    name: namespace === own ? name : `${own}:${name}`,
    namespace,
    rules: rights
      .filter((right) => right.namespace === namespace)
      .map((right) => ({ rule: ruleOf(right), why: right.row.why })),
  }));
}

function ruleOf({ row, name }: Right): PolicyRule {
  const only = name === undefined ? {} : { resourceNames: [name] };
  return { apiGroups: [row.group], resources: [row.resource], ...only, verbs: row.verbs };
}

const RBAC = 'rbac.authorization.k8s.io';

export function roleObject({ kind, name, namespace, rules }: RoleManifest): KubernetesObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata: { name, ...(namespace === '' ? {} : { namespace }) },
    rules: rules.map(({ rule }) => rule),
  };
}

export function bindingObject({ kind, name, namespace }: RoleManifest, bearer: Bearer): KubernetesObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata: { name, ...(namespace === '' ? {} : { namespace }) },
    roleRef: { apiGroup: RBAC, kind, name },
    subjects: [{ kind: 'ServiceAccount', name: bearer.serviceAccount, namespace: bearer.namespace }],
  };
}

export function serviceAccountObject({ serviceAccount: name, namespace }: Bearer): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
}
