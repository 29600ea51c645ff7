/**
 * Which rights of the table an agent needs, where: pure. Rights are what RBAC grants; a question is one of them as a
 * SelfSubjectAccessReview asks it.
 */
import { rightsTable, type RightFeature, type RightRow } from './rights-table.ts';
import type { Subject } from './transport-status.ts';

/** What rights depend on, of the settings. */
export interface RightsNeeds {
  readonly mode: 'single' | 'label' | 'all';
  /** The one that is watched in mode single. */
  readonly watchedNamespace: string;
  /** Where the agent lives. */
  readonly ownNamespace: string;
  /** Undefined where no Lease is held. */
  readonly leaseName: string | undefined;
  /** Nodes that are not Ready are told of, or decide who tells of their pods. */
  readonly isNodesWanted: boolean;
  /** What is looked up for a failure (--event-context). */
  readonly context: readonly string[];
  /** Whose annotations may silence (--silence-annotations). */
  readonly silences: readonly string[];
  /** Nothing is sent, so no plane hears of the cluster's uid. */
  readonly isDryRun: boolean;
}

/** A row of the table as it is granted. */
export interface Right {
  readonly row: RightRow;
  /** '' for the whole cluster. */
  readonly namespace: string;
  /** Undefined for all objects. */
  readonly name: string | undefined;
  /** The agent can't do its work without it. */
  readonly isNeeded: boolean;
}

/** Every right an agent needs, in the order of the table. */
export function rightsNeeded(needs: RightsNeeds): Right[] {
  const features = featuresOf(needs);
  return rightsTable
    .filter(({ feature }) => features.has(feature))
    .map((row) => ({
      row,
      namespace: namespaceOf(row, needs),
      name: nameOf(row, needs),
      isNeeded: isNeeded(row, needs),
    }));
}

/** Namespaces choose the pods in mode label; else they only tell whose a pod is. */
function isNeeded({ feature, isNeeded: isAlways }: RightRow, { mode }: RightsNeeds): boolean {
  return isAlways || (feature === 'namespaces' && mode === 'label');
}

/** A question for each verb. */
export function questionsOf({ row, namespace, name }: Right): Subject[] {
  const { group, resource, verbs } = row;
  const where = namespace === '' ? {} : { namespace };
  return verbs.map((verb) => ({ verb, group, resource, ...where, ...(name === undefined ? {} : { name }) }));
}

const contextFeatures = ['events', 'logs', 'limits'] as const;

function featuresOf({
  mode,
  leaseName,
  isNodesWanted,
  context,
  silences,
  isDryRun,
}: RightsNeeds): ReadonlySet<RightFeature> {
  const features = new Set<RightFeature>(['pods', 'owners', 'reviews']);
  features.add(mode === 'single' ? 'one-namespace' : 'namespaces');
  if (!isDryRun) features.add('cluster-uid');
  if (isNodesWanted) features.add('nodes');
  for (const kind of contextFeatures) if (context.includes(kind)) features.add(kind);
  if (silences.includes('workloads')) features.add('workload-silences');
  if (leaseName !== undefined) features.add('leadership');
  return features;
}

function namespaceOf({ place }: RightRow, { mode, watchedNamespace, ownNamespace }: RightsNeeds): string {
  switch (place) {
    case 'watched':
      return mode === 'single' ? watchedNamespace : '';
    case 'cluster':
      return '';
    case 'own':
      return ownNamespace;
  }
}

function nameOf({ only }: RightRow, { watchedNamespace, leaseName }: RightsNeeds): string | undefined {
  switch (only) {
    case 'watched-namespace':
      return watchedNamespace;
    case 'lease':
      return leaseName;
    default:
      return only;
  }
}
