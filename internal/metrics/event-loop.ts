/**
 * How late the event loop is, for who reads it at a scrape: of the last minute at least, and of all the time since the
 * read before where that is longer ago. A second reader (Prometheus in a pair, a collector) takes nothing from the first.
 *
 * Two monitors look at the same loop and are begun anew in turns, and the older one tells: what they measure at the
 * moment of a reset is lost (Node 24: a pause that spans it is not recorded), and the other has it.
 * What is measured is by how much a timer of 20 ms was late; how long work waited is between nothing and this.
 */
import { monitorEventLoopDelay, type ELDHistogram } from 'node:perf_hooks';
import type { Clock } from '../platform/clock.ts';

const EVERY_MS = 20;
const WINDOW_MS = 60_000;
const NANOS_IN_MS = 1e6;
const NANOS_IN_SECOND = 1e9;

export interface EventLoopDelay {
  readonly p99Seconds: number;
  readonly maxSeconds: number;
}

export type DelayMonitor = Pick<ELDHistogram, 'enable' | 'reset' | 'percentile' | 'max' | 'count'>;

const nodeMonitor = (): DelayMonitor => monitorEventLoopDelay({ resolution: EVERY_MS });

/** Begins to look, and returns the reader. */
export function watchEventLoop(
  clock: Pick<Clock, 'monotonicMs'>,
  newMonitor: () => DelayMonitor = nodeMonitor,
): () => EventLoopDelay {
  let [older, younger] = [newMonitor(), newMonitor()];
  older.enable();
  younger.enable();
  let youngerSinceMs = clock.monotonicMs();
  return () => {
    const delay = delayOf(older);
    if (clock.monotonicMs() - youngerSinceMs >= WINDOW_MS) {
      [older, younger] = [younger, older];
      younger.reset();
      youngerSinceMs = clock.monotonicMs();
    }
    return delay;
  };
}

/** What Node tells is the time from one turn of its timer to the next, so the timer's own interval is in it. */
function delayOf(monitor: DelayMonitor): EventLoopDelay {
  if (monitor.count === 0) return { p99Seconds: 0, maxSeconds: 0 };
  const late = (nanos: number): number => Math.max(0, nanos - EVERY_MS * NANOS_IN_MS) / NANOS_IN_SECOND;
  return { p99Seconds: late(monitor.percentile(99)), maxSeconds: late(monitor.max) };
}
