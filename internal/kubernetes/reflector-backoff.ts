/**
 * How long to wait after a failure. The times are those of client-go's Reflector (tools/cache/reflector.go: 0.8 s to
 * 30 s, doubling, forgotten after two calm minutes), with one difference: a server that can't be reached at all is tried
 * at least every 9 s for the first minute, since it is being restarted most of the time; and so is one that denies us,
 * since an API server answers 403 for some seconds after its start, until it knows its own roles (measured on 1.36).
 * Pure: time and chance come in as arguments.
 */
import { LONGEST_WAIT_MS } from '../platform/limits.ts';
import type { Failure } from './reflector-failure.ts';

const FIRST_MS = 800;
const LONGEST_BASE_MS = 20_000;
const RESTARTING_BASE_MS = 6_000;
const RESTARTING_FAILURES = 10;

/** Failures further apart than this are not in a row. */
export const CALM_MS = 2 * 60 * 1000;

/**
 * The wait after `failure`, the `count`-th in a row (1 for the first). `roll` in [0, 1) spreads it by up to a half. In
 * [800, 30000] unless the server asked for more: then what it asked for, at most LONGEST_WAIT_MS.
 */
export function backOffMs(failure: Failure, count: number, roll: number): number {
  const base = Math.min(baseMs(failure, count), LONGEST_BASE_MS);
  const wait = base * (1 + roll / 2);
  if (failure.kind !== 'throttled') return wait;
  return Math.min(Math.max(wait, failure.retryAfterMs), LONGEST_WAIT_MS);
}

function baseMs(failure: Failure, count: number): number {
  const doubled = FIRST_MS * 2 ** Math.min(count - 1, 10);
  const mayBeRestarting = failure.kind === 'unreachable' || failure.kind === 'denied';
  if (mayBeRestarting && count <= RESTARTING_FAILURES) return Math.min(doubled, RESTARTING_BASE_MS);
  return doubled;
}
