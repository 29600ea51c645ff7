/**
 * Which flags and which environment the demo's agent gets. Pure. On clusters of the demo's own it sees nothing of the
 * user's environment; on the user's cluster it sees all of it, as kubectl would, and is told to write nothing there.
 */
import type { Environment } from '../../internal/config/environment.ts';
import type { DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './options.ts';

export interface AgentSettingsWishes {
  readonly options: Pick<DemoOptions, 'cluster' | 'httpListen' | 'isKept'>;
  readonly environment: Environment;
  readonly ingressUrl: string;
  readonly clusterId: string;
  readonly cluster: Pick<DemoCluster, 'flags'>;
}

export interface AgentSettings {
  readonly flags: Readonly<Record<string, string>>;
  readonly environment: Environment;
}

/** What an agent needs of any environment. */
const NEEDED = ['PATH', 'TMPDIR', 'NODE_COMPILE_CACHE'];

export function agentSettings(wishes: AgentSettingsWishes): AgentSettings {
  const { options, environment, ingressUrl, clusterId, cluster } = wishes;
  const needed = Object.fromEntries(NEEDED.map((name) => [name, environment[name]]));
  return {
    flags: {
      'restate-url': ingressUrl,
      'cluster-id': clusterId,
      'watch-namespace-mode': 'all',
      'leader-elect': 'false',
      'http-listen': options.httpListen,
      ...(options.isKept ? { 'debug-listen': '127.0.0.1:0' } : {}),
      ...cluster.flags,
    },
    environment: options.cluster === 'current' ? environment : needed,
  };
}
