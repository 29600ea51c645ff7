/** TEMPORARY thin path: one reflector over one namespace or all. */
import type { Connection } from '../../internal/kubernetes/connection.ts';
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import type { ReflectorObserver } from '../../internal/kubernetes/reflector-types.ts';
import { podResource } from '../../internal/kubernetes/resource-pods.ts';
import type { PodChange, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import type { AgentConfig } from './agent-config.ts';

export interface Cluster {
  start(): void;
  stop(): Promise<void>;
  pods(): Iterable<PodFacts>;
  describe(): { readonly isFresh: boolean; readonly detail: unknown };
}

export interface ClusterParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: ReflectorObserver;
  readonly onChange: (change: PodChange) => void;
  readonly onSynced: () => void;
}

export function wireCluster(config: AgentConfig, parts: ClusterParts): Cluster {
  const store = new PodStore({ onChange: parts.onChange, onSynced: parts.onSynced });
  const namespace =
    config.watchNamespaceMode === 'all' ? '' : (config.watchNamespace ?? parts.connection.namespace ?? 'default');
  const reflector = new Reflector({
    resource: podResource(store, namespace),
    sink: store,
    transport: parts.connection.transport,
    clock: parts.clock,
    random: parts.random,
    logger: parts.logger,
    observer: parts.observer,
  });
  return {
    start: () => reflector.start(),
    stop: () => reflector.stop(),
    pods: () => store.loudPods(),
    describe: () => ({
      isFresh: reflector.state.kind === 'Watching',
      detail: { state: reflector.state.kind, pods: store.size },
    }),
  };
}
