/** What of the cluster the settings choose to watch. Pure. */
import type { Config } from '../../internal/config/schema.ts';
import type { Scope } from '../../internal/kubernetes/scope.ts';

type ScopeSettings = Pick<Config, 'watchNamespaceMode' | 'managedNsLabel' | 'watchNamespace' | 'podNamespace'>;

/** `namespace` is the one the connection lives in, if it says. */
export function watchedScope(config: ScopeSettings, namespace: string | undefined): Scope {
  const { watchNamespaceMode: mode, managedNsLabel: label } = config;
  if (mode === 'all') return { mode };
  if (mode === 'label' && label !== undefined) return { mode, key: label.key, value: label.value };
  return { mode: 'single', namespace: watchedNamespace(config, namespace) };
}

/** The one namespace of mode single. */
export function watchedNamespace(
  config: Pick<Config, 'watchNamespace' | 'podNamespace'>,
  namespace: string | undefined,
): string {
  return config.watchNamespace ?? config.podNamespace ?? namespace ?? 'default';
}
