/**
 * Whether a call is its cluster's own. Restate's ingress knows no callers; a proxy in front of it checks credentials and
 * puts the cluster id it found into a header that no one outside can set.
 */
import { TerminalError } from '@restatedev/restate-sdk';

/** Throws 403 where the plane is told which header names the caller, and that one names another cluster or nobody. */
export function requireCaller(
  context: { request(): { readonly headers: ReadonlyMap<string, string> } },
  cluster: string,
  identityHeader: string | undefined,
): void {
  if (identityHeader === undefined) return;
  if (context.request().headers.get(identityHeader.toLowerCase()) === cluster) return;
  throw new TerminalError('the caller is not this cluster', { errorCode: 403 });
}
