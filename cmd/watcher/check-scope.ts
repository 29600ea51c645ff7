/**
 * Whether there is a namespace to watch. One that is misspelt, or a label that nothing carries, brings neither an error nor a
 * pod: the agent waits for it, in silence but for a line of its log. Asked by `list namespaces`, as the agent does; where that
 * right is denied there is nothing to say, and the row of the right says so.
 */
import { namespaceSelectors, describeScope, type Scope } from '../../internal/kubernetes/scope.ts';
import { statusError } from '../../internal/kubernetes/transport-status.ts';
import type { ApiTransport } from '../../internal/kubernetes/transport.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { failed, works, type CheckRow } from './check-row.ts';

export const SCOPE_ROW = 'namespaces';
const TIMEOUT_MS = 10_000;

/** One row, or none: for the whole cluster, and where namespaces may not be listed. Rejects with the signal's reason. */
export async function checkScope(
  transport: Pick<ApiTransport, 'request'>,
  scope: Scope,
  signal: AbortSignal,
): Promise<CheckRow[]> {
  if (scope.mode === 'all') return [];
  try {
    const isThere = await hasSome(transport, scope, signal);
    return isThere === undefined ? [] : [rowOf(scope, isThere)];
  } catch (error) {
    signal.throwIfAborted();
    return [failed(SCOPE_ROW, 'degraded', error)];
  }
}

/** Undefined where it may not be asked. */
async function hasSome(
  transport: Pick<ApiTransport, 'request'>,
  scope: Scope,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const query = { ...namespaceSelectors(scope), limit: 1 };
  const answer = await transport.request(
    { method: 'GET', path: '/api/v1/namespaces', query },
    { timeoutMs: TIMEOUT_MS, maxBytes: 1024 * 1024, signal },
  );
  if (answer.status === 403) return undefined;
  if (answer.status !== 200) throw statusError({ verb: 'list', resource: 'namespaces', group: '' }, answer);
  return countIn(answer.body) > 0;
}

function countIn(body: Buffer): number {
  try {
    const { items } = JSON.parse(body.toString('utf8')) as { items?: unknown };
    if (Array.isArray(items)) return items.length;
  } catch {
    // Said below, in the same words as an answer without a list.
  }
  throw new CodedError('API_ANSWER_INVALID', 'GET /api/v1/namespaces: no list in the answer');
}

function rowOf(scope: Exclude<Scope, { mode: 'all' }>, isThere: boolean): CheckRow {
  if (scope.mode === 'label') {
    const detail = `${isThere ? 'there are' : 'there are no'} ${describeScope(scope)}`;
    if (isThere) return works(SCOPE_ROW, detail);
    const remedy = 'label a namespace, which is noticed by itself, or correct --managed-ns-label';
    return { what: SCOPE_ROW, status: 'degraded', detail: `${detail}: nothing is told yet`, remedy, code: undefined };
  }
  if (isThere) return works(SCOPE_ROW, `${describeScope(scope)} is there`);
  return failed(SCOPE_ROW, 'missing', new CodedError('NAMESPACE_MISSING', scope.namespace));
}
