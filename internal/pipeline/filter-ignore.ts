/**
 * What somebody does not want to hear of: namespaces, labels of pods, workloads, reasons, and words in messages. Pure; any one
 * rule that holds is enough, and the answer names its kind. What is ignored is counted, never remembered: a rule taken
 * back lets what still goes on be told.
 */
import type { LabelSelector } from '../platform/label-selector.ts';
import type { Finding } from './finding.ts';
import { containsGlob, matchesGlob } from './glob.ts';
import { workloadOf } from './identity-workload.ts';

/** Each a list of patterns (glob.ts); absent or empty ignores nothing. */
export interface IgnoreRules {
  readonly ignoreNamespaces?: readonly string[];
  /** `key` or `key=value` of the pod's labels; `*` in the value. */
  readonly ignoreLabels?: readonly string[];
  /** Pods that one of these matches. */
  readonly ignoreSelectors?: readonly LabelSelector[];
  /** `Kind/name`, or `namespace/Kind/name`. A pod without a controller is `Pod/name`. */
  readonly ignoreWorkloads?: readonly string[];
  /** Of the reason itself, or of a family it passes the filter by. */
  readonly ignoreReasons?: readonly string[];
  /** Anywhere in the message. */
  readonly ignoreMessages?: readonly string[];
}

export type IgnoreReason =
  'namespace-ignored' | 'label-ignored' | 'workload-ignored' | 'reason-ignored' | 'message-ignored';

/** Which kind of rule this finding is ignored by; undefined where none holds. */
export function ignoredBy(finding: Finding, rules: IgnoreRules): IgnoreReason | undefined {
  const { pod, message } = finding;
  const { ignoreNamespaces = [], ignoreLabels = [], ignoreSelectors = [], ignoreWorkloads = [] } = rules;
  const { ignoreReasons = [], ignoreMessages = [] } = rules;
  if (ignoreNamespaces.some((pattern) => matchesGlob(pattern, pod.namespace))) return 'namespace-ignored';
  if (ignoreLabels.some((rule) => hasLabel(rule, pod.labels))) return 'label-ignored';
  if (ignoreSelectors.some((selector) => selector.matches(pod.labels))) return 'label-ignored';
  if (isOfWorkload(pod, ignoreWorkloads)) return 'workload-ignored';
  if (hasReason(finding, ignoreReasons)) return 'reason-ignored';
  return ignoreMessages.some((pattern) => containsGlob(pattern, message)) ? 'message-ignored' : undefined;
}

function hasLabel(rule: string, labels: ReadonlyMap<string, string>): boolean {
  const equals = rule.indexOf('=');
  if (equals < 0) return labels.has(rule);
  const value = labels.get(rule.slice(0, equals));
  return value !== undefined && matchesGlob(rule.slice(equals + 1), value);
}

/** Whether the pod's workload is meant by one of these: `Kind/name`, or `namespace/Kind/name`. */
export function isOfWorkload(pod: Finding['pod'], patterns: readonly string[]): boolean {
  if (patterns.length === 0) return false;
  const workload = podWorkload(pod);
  return patterns.some((pattern) => isWorkload(pattern, pod.namespace, workload));
}

/** Whether its reason or one of its families is meant by one of these. */
export function hasReason({ reason, families }: Finding, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => [reason, ...families].some((word) => matchesGlob(pattern, word)));
}

/** `Kind/name` of the workload, or the pod itself where nothing controls it. */
export function podWorkload(pod: Finding['pod']): string {
  const { kind, name } = workloadOf(pod);
  return kind === '' ? `Pod/${pod.name}` : `${kind}/${name}`;
}

/** Names hold no slash, so the number of slashes tells whether a namespace is named. */
function isWorkload(pattern: string, namespace: string, workload: string): boolean {
  const isNamespaced = pattern.split('/').length > 2;
  return matchesGlob(pattern, isNamespaced ? `${namespace}/${workload}` : workload);
}
