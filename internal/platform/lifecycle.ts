/**
 * Orderly start and stop. Parts are stopped in their order, all within one deadline; a part
 * that hangs or throws is named and does not keep the next from stopping.
 */
import { sleep, type Clock } from './clock.ts';

export interface Stoppable {
  readonly name: string;
  /** Longest it may take of what is left, so that one that hangs leaves time for those behind it. */
  readonly atMostMs?: number;
  /** Asks the part to stop; resolves when it has. After `deadlineMs` nobody waits for it any more. */
  stop(deadlineMs: number): Promise<void>;
}

/** What a part gets to stop in, however little is left. */
const SHORTEST_STOP_MS = 250;

export type StopResult =
  | { readonly name: string; readonly result: 'stopped'; readonly tookMs: number }
  | { readonly name: string; readonly result: 'failed'; readonly error: unknown }
  | { readonly name: string; readonly result: 'timed-out'; readonly deadlineMs: number };

/**
 * Stops the parts one after the other, all of them together within `deadlineMs`. A part gets what is left of it, and at
 * least `SHORTEST_STOP_MS`, so that the last ones can still let go of what they hold. Never rejects.
 */
export async function stopInOrder(
  clock: Clock,
  deadlineMs: number,
  parts: readonly Stoppable[],
): Promise<StopResult[]> {
  const overMs = clock.monotonicMs() + deadlineMs;
  const results: StopResult[] = [];
  for (const part of parts) {
    const leftMs = Math.max(SHORTEST_STOP_MS, overMs - clock.monotonicMs());
    results.push(await stopOne(clock, Math.min(leftMs, part.atMostMs ?? leftMs), part));
  }
  return results;
}

/** Resolves when `signal` is aborted, at once where it is already. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function stopOne(clock: Clock, deadlineMs: number, part: Stoppable): Promise<StopResult> {
  const startedMs = clock.monotonicMs();
  const over = new AbortController();
  const stopping = Promise.resolve()
    .then(() => part.stop(deadlineMs))
    .then(
      (): StopResult => ({ name: part.name, result: 'stopped', tookMs: clock.monotonicMs() - startedMs }),
      (error: unknown): StopResult => ({ name: part.name, result: 'failed', error }),
    );
  const late = sleep(clock, deadlineMs, over.signal).then((): StopResult => ({
    name: part.name,
    result: 'timed-out',
    deadlineMs,
  }));
  const result = await Promise.race([stopping, late]);
  over.abort();
  return result;
}
