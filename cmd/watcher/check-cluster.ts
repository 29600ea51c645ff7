/** What `watcher check`, and an agent that has just started, ask of the cluster: API server, clock, rights. */
import type { Config } from '../../internal/config/schema.ts';
import type { Connection } from '../../internal/kubernetes/connection.ts';
import { rightsNeeded } from '../../internal/kubernetes/rights.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { checkApiServer } from './check-apiserver.ts';
import { checkRights } from './check-rights.ts';
import { failed, type CheckRow } from './check-row.ts';
import { rightsNeedsOf } from './rights-needs.ts';

/** Never rejects. Where the API server does not answer, rights are not asked for. */
export async function checkCluster(
  config: Config,
  connection: Connection,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CheckRow[]> {
  const { transport, isInCluster } = connection;
  const rows: CheckRow[] = [];
  try {
    const { server } = connection.describe();
    rows.push(...(await checkApiServer(transport, { clock, server, signal })));
    const needs = rightsNeedsOf(config, { namespace: connection.namespace ?? 'default', isInCluster });
    rows.push(...(await checkRights(transport, rightsNeeded(needs), signal)));
  } catch (error) {
    rows.push(failed(rows.length === 0 ? 'API server' : 'rights', 'missing', error));
  }
  return rows;
}
