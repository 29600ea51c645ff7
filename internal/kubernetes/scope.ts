/**
 * Which namespaces are watched, as the user asked for it: pure. How the pods in them are watched is another matter
 * (scope-plan.ts).
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
