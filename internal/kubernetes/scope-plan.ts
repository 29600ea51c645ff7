/**
 * How the pods of the scope are watched, decided by our rights and by how many of the pods matter: pure.
 *
 * One watch of the whole cluster reads every pod there is; one watch a namespace costs a connection each, and nothing
 * for the pods of others. Where the thresholds come from: docs/adr/0011-one-watch-or-many.md.
 */
import type { Scope } from './scope.ts';

export type WatchPlan =
  | { readonly kind: 'single-namespace'; readonly namespace: string }
  /** One watch of all pods, of which those outside the scope are passed over: one connection, however many namespaces. */
  | { readonly kind: 'cluster' }
  /** One watch for each namespace of the scope. */
  | { readonly kind: 'namespaces' };

export interface PlanDecision {
  readonly plan: WatchPlan;
  readonly reason:
    | 'one-namespace-asked-for'
    | 'all-namespaces-asked-for'
    | 'no-cluster-rights'
    /** A watch of one node brings what is on it; there is nothing to be spared. */
    | 'one-node'
    | 'many-namespaces'
    | 'few-pods-spared'
    | 'few-namespaces-matter'
    | 'pods-not-counted';
}

/** How many pods there are, and how many of them are in namespaces of the scope. */
export interface PodCounts {
  readonly inCluster: number;
  readonly inScope: number;
}

export interface PlanFacts {
  /** May list and watch pods in the whole cluster. */
  readonly hasClusterRights: boolean;
  /** Only pods of given nodes are watched. */
  readonly isByNode: boolean;
  /** Namespaces of the scope. */
  readonly namespaces: number;
  /** Undefined where they could not be counted. */
  readonly counts: PodCounts | undefined;
  /** What is being done now; a plan that was chosen is left only for a good reason. */
  readonly current: PlanDecision | undefined;
}

/** Most namespaces of a scope that are watched one by one where the whole cluster might be watched. */
const FEW_NAMESPACES = 10;
/** A watch each is given up beyond this. */
const MANY_NAMESPACES = 20;
/** Pods that need not be read, for each watch more. */
const SPARED_PODS_A_WATCH = 500;

export function decidePlan(scope: Scope, facts: PlanFacts): PlanDecision {
  if (scope.mode === 'single') {
    return { plan: { kind: 'single-namespace', namespace: scope.namespace }, reason: 'one-namespace-asked-for' };
  }
  if (!facts.hasClusterRights) return { plan: { kind: 'namespaces' }, reason: 'no-cluster-rights' };
  if (scope.mode === 'all') return { plan: { kind: 'cluster' }, reason: 'all-namespaces-asked-for' };
  if (facts.isByNode) return { plan: { kind: 'cluster' }, reason: 'one-node' };
  return decideByCounts(facts);
}

/** Whether the pods have to be counted before a plan can be made. */
export function needsCounts(scope: Scope, facts: Omit<PlanFacts, 'counts'>): boolean {
  const { hasClusterRights, isByNode, current, namespaces } = facts;
  return scope.mode === 'label' && hasClusterRights && !isByNode && namespaces <= mostNamespaces(current);
}

function decideByCounts({ namespaces, counts, current }: PlanFacts): PlanDecision {
  const cluster = (reason: PlanDecision['reason']): PlanDecision => ({ plan: { kind: 'cluster' }, reason });
  if (namespaces > mostNamespaces(current)) return cluster('many-namespaces');
  if (counts === undefined) return isChosen(current) ? current : cluster('pods-not-counted');
  // What was chosen is kept until half of what it was chosen for is gone.
  const leastSpared = SPARED_PODS_A_WATCH * Math.max(1, namespaces) * (isChosen(current) ? 0.5 : 1);
  const spared = counts.inCluster - counts.inScope;
  const isWorthIt = spared >= leastSpared && spared >= counts.inScope;
  return isWorthIt ? { plan: { kind: 'namespaces' }, reason: 'few-namespaces-matter' } : cluster('few-pods-spared');
}

function mostNamespaces(current: PlanDecision | undefined): number {
  return isChosen(current) ? MANY_NAMESPACES : FEW_NAMESPACES;
}

/** One watch a namespace though one for all would be allowed. */
export function isChosen(decision: PlanDecision | undefined): decision is PlanDecision {
  return decision?.reason === 'few-namespaces-matter';
}
