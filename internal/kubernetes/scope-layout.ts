/**
 * Which pod watches a plan comes to: pure. A target is what one watch asks for; a layout is all targets that together
 * bring each pod once. Layouts of one kind differ by targets that come and go; a layout of another kind takes the place
 * of the old one as a whole.
 */
import type { PodFacts } from '../pipeline/pod-facts.ts';
import type { Selectors } from './reflector-types.ts';
import type { WatchPlan } from './scope-plan.ts';

export interface WatchTarget {
  /** '' for all. */
  readonly namespace: string;
  /** '' for pods without a node; undefined for pods wherever they are. */
  readonly nodeName: string | undefined;
}

export interface WatchLayout {
  readonly kind: string;
  /** By a key of their own. */
  readonly targets: ReadonlyMap<string, WatchTarget>;
}

/** Most watches that bring the pods of single nodes; beyond it, one brings all pods and most are passed over. */
const NODE_WATCHES = 32;

/** The pods of the scope, or of them those on one node. */
export function layoutOfScope(plan: WatchPlan, namespaces: readonly string[], nodeName?: string): WatchLayout {
  return layout(plan.kind, namespacesOf(plan, namespaces), [nodeName]);
}

/** The pods that no node's own agent tells of: those without a node, and those of `nodes`. */
export function layoutOfLeader(plan: WatchPlan, namespaces: readonly string[], nodes: Iterable<string>): WatchLayout {
  const inNamespaces = namespacesOf(plan, namespaces);
  const nodeNames = ['', ...nodes];
  return nodeNames.length === 1 || inNamespaces.length * nodeNames.length <= NODE_WATCHES
    ? layout(`${plan.kind}, node by node`, inNamespaces, nodeNames)
    : layout(`${plan.kind}, all nodes`, inNamespaces, [undefined]);
}

export function selectorsOf({ nodeName }: WatchTarget): Selectors {
  return nodeName === undefined ? {} : { fieldSelector: `spec.nodeName=${nodeName}` };
}

/** Whether the pod is among those the target brings. */
export function brings({ namespace, nodeName }: WatchTarget, pod: Pick<PodFacts, 'namespace' | 'nodeName'>): boolean {
  return (namespace === '' || namespace === pod.namespace) && (nodeName === undefined || nodeName === pod.nodeName);
}

/** A pod without a node leaves its watch also by getting one; a node is never taken from a pod again. */
export function isDeletionSure({ nodeName }: WatchTarget): boolean {
  return nodeName !== '';
}

function namespacesOf(plan: WatchPlan, namespaces: readonly string[]): readonly string[] {
  switch (plan.kind) {
    case 'single-namespace':
      return [plan.namespace];
    case 'cluster':
      return [''];
    case 'namespaces':
      return namespaces;
  }
}

function layout(kind: string, namespaces: readonly string[], nodeNames: readonly (string | undefined)[]): WatchLayout {
  const targets = new Map<string, WatchTarget>();
  for (const namespace of namespaces) {
    for (const nodeName of nodeNames) targets.set(`${namespace}|${nodeName ?? '*'}`, { namespace, nodeName });
  }
  return { kind, targets };
}
