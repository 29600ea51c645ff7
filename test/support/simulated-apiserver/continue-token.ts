/**
 * The continue token of a paged list: the revision the list is of, and the key after which the next page begins. The form is
 * that of apiserver's storage.EncodeContinue; clients must not look into it, tests may.
 */
import { valueAt } from './objects.ts';
import { ApiError, badRequest } from './status.ts';

export interface ContinueToken {
  /** -1: whatever there is now, for the remainder of a list whose revision has expired. */
  readonly revision: number;
  /** The last key that has been answered. */
  readonly afterKey: string;
}

/** Wire form. */
export function encodeContinue(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: `/${token.afterKey}\u0000` });
  return Buffer.from(json).toString('base64url');
}

/** Throws a 400. */
export function decodeContinue(text: string): ContinueToken {
  const token = readJson(text);
  const version = valueAt(token, 'v');
  const revision = valueAt(token, 'rv');
  const start = valueAt(token, 'start');
  if (version !== 'meta.k8s.io/v1') throw invalid('server does not recognize this encoded version');
  if (typeof revision !== 'number' || revision === 0) throw invalid('incorrect encoded start resourceVersion');
  if (typeof start !== 'string' || start.length < 3) throw invalid('encoded start key empty');
  return { revision, afterKey: start.slice(1, -1) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    throw invalid('invalid character looking for beginning of value');
  }
}

function invalid(why: string): ApiError {
  return new ApiError(badRequest(`invalid continue token: continue key is not valid: ${why}`));
}
