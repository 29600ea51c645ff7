/**
 * Which namespaces are watched, and how: pure. The scope is what the user asked for; the plan is how the pods in it are
 * watched, which depends on our rights as well.
 */
import type { Selectors } from './reflector-types.ts';

export type Scope =
  | { readonly mode: 'single'; readonly namespace: string }
  /** Namespaces carrying label `key` with exactly `value`, as they come and go. */
  | { readonly mode: 'label'; readonly key: string; readonly value: string }
  | { readonly mode: 'all' };

/** What to ask the API server for so that it sends the namespaces of the scope and no others. */
export function namespaceSelectors(scope: Scope): Selectors {
  switch (scope.mode) {
    case 'single':
      return { fieldSelector: `metadata.name=${scope.namespace}` };
    case 'label':
      return { labelSelector: `${scope.key}=${scope.value}` };
    case 'all':
      return {};
  }
}

/** For the log: `namespace shop`, `namespaces labelled watch=true`, `all namespaces`. */
export function describeScope(scope: Scope): string {
  switch (scope.mode) {
    case 'single':
      return `namespace ${scope.namespace}`;
    case 'label':
      return `namespaces labelled ${scope.key}=${scope.value}`;
    case 'all':
      return 'all namespaces';
  }
}

export type WatchPlan =
  | { readonly kind: 'single-namespace'; readonly namespace: string }
  /** One watch of all pods, of which those outside the scope are passed over: one connection, however many namespaces. */
  | { readonly kind: 'cluster' }
  /** One watch for each namespace of the scope. */
  | { readonly kind: 'namespaces' };

export interface PlanDecision {
  readonly plan: WatchPlan;
  readonly reason: 'one-namespace-asked-for' | 'cluster-rights' | 'no-cluster-rights';
}

/** What is known of our rights; a single namespace needs none of it. */
export interface PodRights {
  /** May list and watch pods in the whole cluster. */
  readonly clusterWide: boolean;
}

export function decidePlan(scope: Scope, rights: PodRights): PlanDecision {
  if (scope.mode === 'single') {
    return { plan: { kind: 'single-namespace', namespace: scope.namespace }, reason: 'one-namespace-asked-for' };
  }
  return rights.clusterWide
    ? { plan: { kind: 'cluster' }, reason: 'cluster-rights' }
    : { plan: { kind: 'namespaces' }, reason: 'no-cluster-rights' };
}
