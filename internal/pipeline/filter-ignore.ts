/**
 * What somebody does not want to hear of: namespaces, labels of pods, workloads, and words in messages. Pure; any one
 * rule that holds is enough, and the answer names its kind. What is ignored is counted, never remembered: a rule taken
 * back lets what still goes on be told.
 */
import type { Finding } from './finding.ts';
import { containsGlob, matchesGlob } from './glob.ts';
import { workloadOf } from './identity-workload.ts';

/** Each a list of patterns (glob.ts); absent or empty ignores nothing. */
export interface IgnoreRules {
  readonly ignoreNamespaces?: readonly string[];
  /** `key` or `key=value` of the pod's labels; `*` in the value. */
  readonly ignoreLabels?: readonly string[];
  /** `Kind/name`, or `namespace/Kind/name`. A pod without a controller is `Pod/name`. */
  readonly ignoreWorkloads?: readonly string[];
  /** Anywhere in the message. */
  readonly ignoreMessages?: readonly string[];
}

export type IgnoreReason = 'namespace-ignored' | 'label-ignored' | 'workload-ignored' | 'message-ignored';

/** Which kind of rule this finding is ignored by; undefined where none holds. */
export function ignoredBy({ pod, message }: Finding, rules: IgnoreRules): IgnoreReason | undefined {
  const { ignoreNamespaces = [], ignoreLabels = [], ignoreWorkloads = [], ignoreMessages = [] } = rules;
  if (ignoreNamespaces.some((pattern) => matchesGlob(pattern, pod.namespace))) return 'namespace-ignored';
  if (ignoreLabels.some((rule) => hasLabel(rule, pod.labels))) return 'label-ignored';
  if (ignoreWorkloads.length > 0) {
    const workload = nameOf(pod);
    const isMeant = (pattern: string): boolean => isWorkload(pattern, pod.namespace, workload);
    if (ignoreWorkloads.some(isMeant)) return 'workload-ignored';
  }
  return ignoreMessages.some((pattern) => containsGlob(pattern, message)) ? 'message-ignored' : undefined;
}

function hasLabel(rule: string, labels: ReadonlyMap<string, string>): boolean {
  const equals = rule.indexOf('=');
  if (equals < 0) return labels.has(rule);
  const value = labels.get(rule.slice(0, equals));
  return value !== undefined && matchesGlob(rule.slice(equals + 1), value);
}

/** The workload, or the pod itself where nothing controls it. */
function nameOf(pod: Finding['pod']): string {
  const { kind, name } = workloadOf(pod);
  return kind === '' ? `Pod/${pod.name}` : `${kind}/${name}`;
}

/** Names hold no slash, so the number of slashes tells whether a namespace is named. */
function isWorkload(pattern: string, namespace: string, workload: string): boolean {
  const isNamespaced = pattern.split('/').length > 2;
  return matchesGlob(pattern, isNamespaced ? `${namespace}/${workload}` : workload);
}
