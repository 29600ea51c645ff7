/** Which pods a command is about, in the words of kubectl: -A, -n, -l. */
import type { Selectors } from '../../internal/kubernetes/reflector-types.ts';
import type { DescribedFlag } from './command.ts';
import { isSet } from './command-flags.ts';

export const podFlags: readonly DescribedFlag[] = [
  { name: 'all-namespaces', short: 'A', bare: 'true', doc: 'the pods of all namespaces' },
  { name: 'namespace', short: 'n', placeholder: 'NAMESPACE', doc: "of one namespace (the context's, or default)" },
  { name: 'selector', short: 'l', placeholder: 'LABELS', doc: 'with these labels, such as app=web' },
];

export interface ChosenPods {
  /** '' for all. */
  readonly namespace: string;
  readonly selectors: Selectors;
}

/** `contextNamespace`: the one the connection names, if any. */
export function chosenPods(given: ReadonlyMap<string, string>, contextNamespace: string | undefined): ChosenPods {
  const selector = given.get('selector');
  return {
    namespace: isSet(given, 'all-namespaces') ? '' : (given.get('namespace') ?? contextNamespace ?? 'default'),
    selectors: selector === undefined ? {} : { labelSelector: selector },
  };
}
