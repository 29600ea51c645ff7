/** Doing something again and again, at moments drawn from a seed, until told to end; one at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../internal/platform/random.ts';
import { drawnMs, type Between } from './pace.ts';

/** Resolves once `signal` is aborted and what was going on is over. Rejects with the first thing that `act` throws. */
export async function every(
  between: Between,
  random: Random,
  signal: AbortSignal,
  act: () => Promise<void> | void,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(drawnMs(between, random), undefined, { signal }).catch(() => undefined);
    // Looked at anew: it may have been aborted while it slept.
    if (!isOver(signal)) await act();
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;

/** Waits, but no longer than until `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
