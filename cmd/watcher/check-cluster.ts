/** What `watcher check`, and an agent that has just started, ask of the cluster: API server, clock, rights, namespaces. */
import type { Config } from '../../internal/config/schema.ts';
import type { Connection } from '../../internal/kubernetes/connection.ts';
import { rightsNeeded } from '../../internal/kubernetes/rights.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { checkApiServer } from './check-apiserver.ts';
import { checkRights } from './check-rights.ts';
import { failed, type CheckRow } from './check-row.ts';
import { checkScope } from './check-scope.ts';
import { rightsNeedsOf } from './rights-needs.ts';
import { watchedScope } from './watched-scope.ts';

/** Never rejects. Where the API server does not answer, rights are not asked for. */
export async function checkCluster(
  config: Config,
  connection: Pick<Connection, 'transport' | 'isInCluster' | 'namespace' | 'describe'>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CheckRow[]> {
  const { transport, isInCluster } = connection;
  const rows: CheckRow[] = [];
  try {
    const { server } = connection.describe();
    rows.push(...(await checkApiServer(transport, { clock, server, signal })));
    const needs = rightsNeedsOf(config, { namespace: connection.namespace ?? 'default', isInCluster });
    rows.push(...(await checkRights(transport, rightsNeeded(needs), signal)));
    rows.push(...(await checkScope(transport, watchedScope(config, connection.namespace), signal)));
  } catch (error) {
    rows.push(rows.length === 0 ? failed('API server', 'missing', error) : unaskedRow(error));
  }
  return rows;
}

/** Where even asking is denied, an agent tries what it needs, and finds out. */
function unaskedRow(error: unknown): CheckRow {
  const isDenied = error instanceof CodedError && error.code === 'API_FORBIDDEN';
  return failed('rights', isDenied ? 'degraded' : 'missing', error);
}
