/**
 * When a batch is closed. Pure: figures in, a decision with a named reason out; the reason is the metric's label.
 *
 * The first failure after a quiet time leaves at once, so that one failure is told in milliseconds. What follows it
 * lingers: until enough has come for a full batch, or until the linger (batch_flush_ms) has passed since the last batch
 * was closed. So nothing waits here longer than the linger, and a steady trickle costs the plane one batch a linger.
 */
import { bodySize } from './outbox-body.ts';

export interface BatchingState {
  /** Events in no batch yet, and their Bytes together. */
  readonly events: number;
  readonly bytes: number;
  /** How long the oldest of them has waited, in Ms of the monotonic scale. */
  readonly oldestWaitedMs: number;
  /** Since the last batch was closed; Infinity if none was. */
  readonly sinceClosedMs: number;
  /** The agent is about to stop: no linger. */
  readonly isStopping: boolean;
}

export interface BatchLimits {
  readonly events: number;
  readonly bytes: number;
  readonly lingerMs: number;
}

export type CloseReason = 'stopping' | 'count' | 'bytes' | 'quiet' | 'age';

export type BatchDecision =
  | { readonly close: true; readonly reason: CloseReason }
  | { readonly close: false; readonly reason: 'empty' }
  /** Ask again in `waitMs` (or when more has come). */
  | { readonly close: false; readonly reason: 'lingering'; readonly waitMs: number };

/** Whether what is loose is to be frozen now. */
export function decideBatch(state: BatchingState, limits: BatchLimits): BatchDecision {
  if (state.events < 1) return { close: false, reason: 'empty' };
  const reason = closeReason(state, limits);
  if (reason !== undefined) return { close: true, reason };
  const waitMs = limits.lingerMs - Math.max(state.sinceClosedMs, state.oldestWaitedMs);
  return { close: false, reason: 'lingering', waitMs };
}

function closeReason(state: BatchingState, limits: BatchLimits): CloseReason | undefined {
  if (state.isStopping) return 'stopping';
  if (state.events >= limits.events) return 'count';
  if (bodySize(state.events, state.bytes) >= limits.bytes) return 'bytes';
  if (state.sinceClosedMs - state.oldestWaitedMs >= limits.lingerMs) return 'quiet';
  if (state.sinceClosedMs >= limits.lingerMs || state.oldestWaitedMs >= limits.lingerMs) return 'age';
  return undefined;
}
