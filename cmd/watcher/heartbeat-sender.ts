/** As whom an agent sends heartbeats: so that the plane tells replicas apart, and knows what goes untold when one is silent. */
import type { HeartbeatSender } from '../../internal/restate/heartbeat.ts';
import type { AgentConfig } from './agent-config.ts';
import { planeScope } from './plane-scope.ts';

/** Longest name the plane takes. */
const NAME_CHARACTERS = 253;

/** `namespaces`: the agent's scope in words. The agents of all nodes have one scope: one of them leads for all. */
export function heartbeatSender(config: AgentConfig, hostName: string, namespaces: string): HeartbeatSender {
  return {
    replica: (config.podName || hostName || 'watcher').slice(0, NAME_CHARACTERS),
    node: config.nodeName,
    scope: planeScope({ ...config, nodeName: undefined }, namespaces, ''),
  };
}
