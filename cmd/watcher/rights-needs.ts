/** What of the settings decides which rights the agent needs. Pure. */
import type { Config } from '../../internal/config/schema.ts';
import type { RightsNeeds } from '../../internal/kubernetes/rights.ts';
import { shardLeaseName } from '../../internal/kubernetes/scope-shard.ts';
import { nodeNotReady } from '../../internal/pipeline/reasons.ts';
import { watchedNamespace } from './watched-scope.ts';

/** Where the agent lives, as far as the settings don't say; and whether `--leader-elect=auto` means yes. */
export interface Surroundings {
  readonly namespace: string;
  readonly isInCluster: boolean;
}

/** Remote settings may name more reasons; what they would need is not among these. */
export function rightsNeedsOf(config: Config, { namespace, isInCluster }: Surroundings): RightsNeeds {
  const { watchNamespaceMode: mode, enabledReasons: reasons, eventContext: context, dryRun: isDryRun } = config;
  const { silenceAnnotations: silences } = config;
  const ownNamespace = config.podNamespace ?? namespace;
  const isElected = config.leaderElect === 'true' || (config.leaderElect === 'auto' && isInCluster);
  return {
    ...{ mode, ownNamespace, context, silences, isDryRun },
    watchedNamespace: watchedNamespace(config, namespace),
    leaseName: isElected && !isDryRun ? leaseNameOf(config) : undefined,
    isNodesWanted: config.nodeName !== undefined || reasons.includes('*') || reasons.includes(nodeNotReady.family),
  };
}

function leaseNameOf({ leaseName, shard }: Config): string {
  return shard === undefined ? leaseName : shardLeaseName(leaseName, shard);
}
