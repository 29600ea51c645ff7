/**
 * What an initial sync or a change of leader shows is partly old news. Pure: decides by time which of it is still told.
 * What goes on now is always told; what is over is told if it ended after `sinceMs`, or if its object doesn't say when
 * (a runtime that lost a task writes 1970).
 */
import { STATUS_LATE_MS } from '../platform/limits.ts';
import type { Finding } from './finding.ts';
import { goesOn } from './identity-occurrence.ts';

/** How far back a first look tells of what is over. */
export const LOOK_BACK_MS = 10 * 60_000;

export type LookBackDecision =
  { readonly pass: true } | { readonly pass: false; readonly reason: 'ended-before-look-back' };

const PASS: LookBackDecision = { pass: true };

export function decideLookBack(finding: Finding, sinceMs: number): LookBackDecision {
  if (goesOn(finding.occurrence) || finding.occurredAtMs === 0 || finding.occurredAtMs >= sinceMs) return PASS;
  return { pass: false, reason: 'ended-before-look-back' };
}

/** The earlier of two moments, of which one may be unknown. */
export function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/**
 * From when on an initial sync tells of what is over: the window, or longer if nobody was watching for longer.
 * `watchedUntilMs`: when an agent last was (the Lease's renewTime, or what the outbox remembers); undefined if unknown.
 * What happened shortly before may not have shown by then, so it is told, too; dedupe knows what was.
 */
export function lookBackSinceMs(nowMs: number, windowMs: number, watchedUntilMs: number | undefined): number {
  const sinceMs = nowMs - windowMs;
  return watchedUntilMs === undefined ? sinceMs : Math.min(sinceMs, watchedUntilMs - STATUS_LATE_MS);
}
