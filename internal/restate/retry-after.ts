/**
 * The header Retry-After (RFC 9110, 10.2.3), made harmless: a plane may ask us to wait, but neither for a year nor for
 * nothing at all. Node turns a timer of more than 2^31 ms into one of 1 ms, a hot loop; the bound keeps us far from it.
 */
import { LONGEST_WAIT_MS } from '../platform/limits.ts';

/** The least we wait once we are asked to: the first of the retry pauses. */
export const SHORTEST_WAIT_MS = 500;

/**
 * The wait a plane asks for, between SHORTEST_WAIT_MS and LONGEST_WAIT_MS; undefined where it asks for none, or for
 * something that is neither seconds nor a date, so that the caller's own pause counts.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const askedMs = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : dateOf(text) - nowMs;
  if (Number.isNaN(askedMs)) return undefined;
  return Math.min(Math.max(askedMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
}

/** Date.parse takes nearly anything ("soon 5" is May 2001); an HTTP date begins with a day's name. */
function dateOf(text: string): number {
  return /^(mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN;
}
