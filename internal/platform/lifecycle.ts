/**
 * Orderly start and stop. Parts are stopped in the order they were registered for, each within its own deadline; a part
 * that hangs or throws is named and does not keep the next from stopping.
 */
import { sleep, type Clock } from './clock.ts';

export interface Stoppable {
  readonly name: string;
  /** Asks the part to stop; resolves when it has. */
  stop(): Promise<void>;
}

export type StopResult =
  | { readonly name: string; readonly result: 'stopped'; readonly tookMs: number }
  | { readonly name: string; readonly result: 'failed'; readonly error: unknown }
  | { readonly name: string; readonly result: 'timed-out'; readonly deadlineMs: number };

/** Stops the parts one after the other. Never rejects. A part past its deadline is left behind and reported. */
export async function stopInOrder(
  clock: Clock,
  deadlineMs: number,
  parts: readonly Stoppable[],
): Promise<StopResult[]> {
  const results: StopResult[] = [];
  for (const part of parts) results.push(await stopOne(clock, deadlineMs, part));
  return results;
}

async function stopOne(clock: Clock, deadlineMs: number, part: Stoppable): Promise<StopResult> {
  const startedMs = clock.monotonicMs();
  const over = new AbortController();
  const stopping = Promise.resolve()
    .then(() => part.stop())
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
