/**
 * What only time brings about is told of what the cluster shows now, never of what it showed before the watch broke: a
 * pod that was Pending then may run since. While a watch is broken or silent, such looks wait. A watch that is back brings
 * what has been, change by change: an exit in it is as good as ever, but of what lasts only a later look is believed.
 */

/** Namespaces whose pods may have changed without our knowing; '' for all of them and for nodes. */
export type Behind = ReadonlySet<string>;

/** Nothing is behind. */
export const UP_TO_DATE: Behind = new Set();

/** How long a look waits before it is tried again. */
export const BEHIND_RETRY_MS = 5_000;

export function isBehind(behind: Behind, namespace: string): boolean {
  return behind.size > 0 && (behind.has('') || behind.has(namespace));
}
