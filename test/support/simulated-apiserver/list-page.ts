/**
 * One page of a list: at which revision, from where, how far. Pure but for reading the history. The rules were
 * recorded from kube-apiserver 1.36 with its watch cache: resourceVersion=0 ignores the limit, a limit with a
 * resourceVersion and no match is exact.
 */
import { decodeContinue, encodeContinue } from './continue-token.ts';
import type { ListMeta } from './encoder.ts';
import type { ListOptions } from './list-options.ts';
import type { ResourceHistory } from './resource-history.ts';
import { ApiError, badRequest, expiredContinue, expiredList, tooLargeResourceVersion } from './status.ts';
import type { StoredObject } from './stored-object.ts';

export interface ListPage {
  readonly meta: ListMeta;
  readonly items: readonly StoredObject[];
}

/** What is listed. */
export interface ListScope {
  readonly history: ResourceHistory;
  /** '' for all of them. */
  readonly namespace: string;
  /** The server's latest revision. */
  readonly revision: number;
}

/** Throws 400, 410 and 504 as the real one does; the caller may wait before it believes the 504. */
export function listPage(scope: ListScope, options: ListOptions): ListPage {
  const start = startOf(scope, options);
  const snapshot = scope.history.snapshot(start.revision);
  if (snapshot === undefined) throw expired(start);
  const ignoresLimit = options.resourceVersion === '0' && options.match !== 'Exact';
  return cut(snapshot, scope, start, options, ignoresLimit ? 0 : options.limit);
}

interface Start {
  readonly revision: number;
  readonly afterKey: string | undefined;
}

function startOf(scope: ListScope, options: ListOptions): Start {
  if (options.continueToken !== '') return continuation(scope, options);
  const wanted = parseResourceVersion(options.resourceVersion);
  if (wanted > scope.revision) throw new ApiError(tooLargeResourceVersion(wanted, scope.revision));
  const isExact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && wanted > 0);
  return { revision: isExact ? wanted : scope.revision, afterKey: undefined };
}

function continuation(scope: ListScope, options: ListOptions): Start {
  if (options.resourceVersion !== '' && options.resourceVersion !== '0') {
    throw new ApiError(badRequest('specifying resource version is not allowed when using continue'));
  }
  const token = decodeContinue(options.continueToken);
  return { revision: token.revision < 0 ? scope.revision : token.revision, afterKey: token.afterKey };
}

function expired(start: Start): ApiError {
  if (start.afterKey === undefined) return new ApiError(expiredList());
  return new ApiError(expiredContinue(encodeContinue({ revision: -1, afterKey: start.afterKey })));
}

/** A resourceVersion of a list: '' and '0' are 0. Throws a 400. */
export function parseResourceVersion(text: string): number {
  if (text === '') return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const why = `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${parseUintError(text)}`;
  throw new ApiError(badRequest(`invalid resource version: ${why}`));
}

/** What Go says of it. */
export function parseUintError(text: string): string {
  return `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
}

function cut(
  snapshot: readonly StoredObject[],
  scope: ListScope,
  start: Start,
  options: ListOptions,
  limit: number,
): ListPage {
  const range = rangeOf(snapshot, scope.namespace, start.afterKey);
  const items: StoredObject[] = [];
  let at = range.from;
  for (; at < range.to && (limit === 0 || items.length < limit); at++) {
    const object = snapshot[at]!;
    if (options.selector === undefined || options.selector(object)) items.push(object);
  }
  const meta = { resourceVersion: String(start.revision) };
  if (at >= range.to) return { meta, items };
  const token = encodeContinue({ revision: start.revision, afterKey: snapshot[at - 1]!.key });
  // Nobody knows how many of the rest a selector would let through.
  const remaining = options.selector === undefined ? { remainingItemCount: range.to - at } : {};
  return { meta: { ...meta, continue: token, ...remaining }, items };
}

function rangeOf(
  snapshot: readonly StoredObject[],
  namespace: string,
  afterKey: string | undefined,
): { from: number; to: number } {
  const prefix = namespace === '' ? '' : `${namespace}/`;
  const first = namespace === '' ? 0 : firstAtLeast(snapshot, prefix);
  const to = namespace === '' ? snapshot.length : firstAtLeast(snapshot, `${namespace}0`);
  const from = afterKey === undefined ? first : Math.max(first, firstAtLeast(snapshot, `${afterKey}\u0000`));
  return { from, to };
}

/** Place of the first object whose key is not before `key`. ('0' is the character after '/'.) */
function firstAtLeast(snapshot: readonly StoredObject[], key: string): number {
  let low = 0;
  let high = snapshot.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (snapshot[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
