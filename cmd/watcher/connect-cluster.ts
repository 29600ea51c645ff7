/** The way to the API server that the settings name, for the agent and for every command that looks at a cluster. */
import type { Config } from '../../internal/config/schema.ts';
import { connect, type Connection } from '../../internal/kubernetes/connection.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import { version } from './version.ts';

export interface ConnectParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Throws KUBECONFIG_* where there is no cluster to connect to. Asks the API server nothing yet. */
export function connectCluster(
  { kubeconfig, context, kubeQps: qps, kubeBurst: burst }: Config,
  { environment: env, clock, logger }: ConnectParts,
): Connection {
  return connect({ kubeconfig, context, env, qps, burst, userAgent: `watcher/${version}` }, { clock, logger });
}
