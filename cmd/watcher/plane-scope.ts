/**
 * Which part of a cluster one agent tells of, in a word for the plane: what its complete sets of open incidents are
 * complete for. Undefined where that is the whole cluster. Several agents may share a cluster's name: one for each
 * namespace, node or shard; none of them must close what another one sees. See docs/adr/0015-sets-of-open-incidents.md.
 */
import type { Config } from '../../internal/config/schema.ts';

export type ScopeConfig = Pick<Config, 'watchNamespaceMode' | 'nodeName' | 'shard'>;

/** Of nodes, and of pods that no node has yet: the leader's, where there is one agent a node. */
const NO_NODE = 'no node';

/** `namespaces`: the agent's scope in words (describeScope). `nodeName`: of a pod, '' for none and for nodes themselves. */
export function planeScope(
  { watchNamespaceMode, nodeName: ownNode, shard }: ScopeConfig,
  namespaces: string,
  nodeName: string,
): string | undefined {
  const parts = [
    ...(watchNamespaceMode === 'all' ? [] : [namespaces]),
    ...(shard === undefined ? [] : [`shard ${shard.index} of ${shard.count}`]),
    ...(ownNode === undefined ? [] : [nodeName === '' ? NO_NODE : `node ${nodeName}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ').slice(0, 256);
}
