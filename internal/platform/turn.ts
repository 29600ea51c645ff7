/**
 * Turns of the event loop. Work that comes in one long row of microtasks lets nothing else run: no probe, no renewal of the
 * Lease, no timer. Such work gives up its turn from time to time.
 */
import type { Clock } from './clock.ts';

/** How long work may hold a turn. Well below what a probe or a timer notices; long enough that giving up costs nothing. */
const TURN_MS = 10;

/** Resolves in the next turn of the event loop, after what waits there: sockets, timers, messages. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** To be awaited between two pieces of work: gives the turn up where the last time is TURN_MS ago, else does nothing. */
export function turnTaker(clock: Pick<Clock, 'monotonicMs'>): () => Promise<void> | undefined {
  let sinceMs = clock.monotonicMs();
  return () => {
    if (clock.monotonicMs() - sinceMs < TURN_MS) return undefined;
    return nextTurn().then(() => {
      sinceMs = clock.monotonicMs();
    });
  };
}
