/**
 * The states of the drain, and how it passes from one to the other. Pure; one table test covers all transitions.
 */
import type { ReleaseReason } from './drain-verdict.ts';

export type PauseReason = ReleaseReason | 'outbox-failed';

export type DrainState =
  /** Delivers as work comes. */
  | { readonly kind: 'running' }
  /** Starts nothing until `untilMs` of the monotonic scale. */
  | { readonly kind: 'pausing'; readonly reason: PauseReason; readonly untilMs: number }
  /** A pause is over: one batch at a time until one is accepted. */
  | { readonly kind: 'probing'; readonly reason: PauseReason }
  /** Finishes what is in flight; starts more only while nothing has failed. */
  | { readonly kind: 'stopping'; readonly isFlushing: boolean }
  | { readonly kind: 'stopped' };

export type DrainEvent =
  | { readonly type: 'accepted' }
  | { readonly type: 'failed'; readonly reason: PauseReason; readonly untilMs: number }
  | { readonly type: 'pause-over' }
  | { readonly type: 'stop' }
  | { readonly type: 'stopped' };

/** The state after `event`. The same object where nothing changes. */
export function nextDrainState(state: DrainState, event: DrainEvent): DrainState {
  switch (event.type) {
    case 'accepted':
      return afterAccepted(state);
    case 'failed':
      return afterFailure(state, event.reason, event.untilMs);
    case 'pause-over':
      return state.kind === 'pausing' ? { kind: 'probing', reason: state.reason } : state;
    case 'stop':
      return afterStop(state);
    case 'stopped':
      return { kind: 'stopped' };
  }
}

/** How many batches may be in flight. */
export function allowedInFlight(state: DrainState, most: number): number {
  switch (state.kind) {
    case 'running':
      return most;
    case 'probing':
      return 1;
    case 'stopping':
      return state.isFlushing ? most : 0;
    case 'pausing':
    case 'stopped':
      return 0;
  }
}

/** That the plane accepts says nothing of the outbox, so a pause for its sake goes on. */
function afterAccepted(state: DrainState): DrainState {
  const isOver = state.kind === 'probing' || (state.kind === 'pausing' && state.reason !== 'outbox-failed');
  return isOver ? { kind: 'running' } : state;
}

function afterFailure(state: DrainState, reason: PauseReason, untilMs: number): DrainState {
  switch (state.kind) {
    case 'running':
    case 'probing':
      return { kind: 'pausing', reason, untilMs };
    case 'pausing':
      return untilMs > state.untilMs ? { kind: 'pausing', reason, untilMs } : state;
    case 'stopping':
      return state.isFlushing ? { kind: 'stopping', isFlushing: false } : state;
    case 'stopped':
      return state;
  }
}

function afterStop(state: DrainState): DrainState {
  if (state.kind === 'stopping' || state.kind === 'stopped') return state;
  return { kind: 'stopping', isFlushing: state.kind === 'running' };
}
