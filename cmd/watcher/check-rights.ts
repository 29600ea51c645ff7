/**
 * Each right the agent needs with its settings, asked of the API server by SelfSubjectAccessReview, one question after the
 * other. The rights are those that `watcher rbac` prints.
 */
import { canI } from '../../internal/kubernetes/access.ts';
import { questionsOf, type Right } from '../../internal/kubernetes/rights.ts';
import type { ApiTransport } from '../../internal/kubernetes/transport.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { works, type CheckRow } from './check-row.ts';

/** Rejects with a CodedError where the API server could not be asked, or with the signal's reason. */
export async function checkRights(
  transport: ApiTransport,
  rights: readonly Right[],
  signal: AbortSignal,
): Promise<CheckRow[]> {
  const rows: CheckRow[] = [];
  for (const right of rights) {
    const denied: string[] = [];
    // Asking is the right itself: an answer, whatever it says, shows that it is there.
    for (const question of right.row.feature === 'reviews' ? [] : questionsOf(right)) {
      if (!(await canI(transport, question, signal)).allowed) denied.push(question.verb);
    }
    rows.push(rowOf(right, denied));
  }
  return rows;
}

function rowOf(right: Right, denied: readonly string[]): CheckRow {
  const what = `right: ${rightText(right)}`;
  if (denied.length === 0) return works(what, right.row.why);
  const { code } = new CodedError('API_FORBIDDEN', '');
  const status = right.isNeeded ? 'missing' : 'degraded';
  const detail = `${denied.join(', ')} denied: ${right.row.without}`;
  return { what, status, detail, remedy: 'grant what `watcher rbac` prints with the same settings', code };
}

/** `list, watch pods in namespace shop`, `get namespaces kube-system`. */
export function rightText({ row, namespace, name }: Right): string {
  const resource = row.group === '' ? row.resource : `${row.resource}.${row.group}`;
  const only = name === undefined ? '' : ` ${name}`;
  return `${row.verbs.join(', ')} ${resource}${only}${namespace === '' ? '' : ` in namespace ${namespace}`}`;
}
