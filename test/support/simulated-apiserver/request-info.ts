/**
 * What a request asks for, read from its method and path: the real server's RequestInfo. Pure.
 */

export interface ResourceRequest {
  readonly isResource: true;
  /** get, list, watch, create, update, patch, delete or deletecollection. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** '' where the path names no namespace. */
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

export interface PathRequest {
  readonly isResource: false;
  /** The method in lower case. */
  readonly verb: string;
}

export type RequestInfo = ResourceRequest | PathRequest;

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
};

/** `/api/v1/namespaces/a/pods/b/status`, `/apis/batch/v1/jobs` and what else there is. */
export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split('/').filter((part) => part !== '');
  const rootLength = parts[0] === 'api' ? 2 : parts[0] === 'apis' ? 3 : Infinity;
  if (parts.length <= rootLength) return { isResource: false, verb: method.toLowerCase() };
  const root = { group: parts[0] === 'apis' ? (parts[1] ?? '') : '', version: parts[rootLength - 1] ?? '' };
  const target = { ...root, ...readTarget(parts.slice(rootLength).map(decodeSafely)) };
  return { isResource: true, verb: verbOf(method, target.name, query), ...target };
}

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function readTarget(parts: readonly string[]) {
  const [first = '', second = '', third, fourth = '', fifth = ''] = parts;
  // namespaces/a and its subresources are about the namespace itself, and count as inside it.
  const isScope = first === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize';
  if (isScope) return { namespace: second, resource: third, name: fourth, subresource: fifth };
  const namespace = first === 'namespaces' ? second : '';
  return { namespace, resource: first, name: second, subresource: third ?? '' };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  if (method !== 'GET' && method !== 'HEAD') return verbs[method] ?? method.toLowerCase();
  if (name !== '') return 'get';
  const watch = query.get('watch');
  return watch !== null && watch !== '0' && watch.toLowerCase() !== 'false' ? 'watch' : 'list';
}
