/**
 * Loaded into a Node program by `--import`: measures how late its event loop is. On SIGUSR2 it writes what it has seen since
 * the last time to the file PROBE_FILE as {p50, p99, max} in Ms, and starts afresh.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const RESOLUTION_MS = 10;

const file = process.env['PROBE_FILE'];
if (isMainThread && file !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // What is recorded is the time between two rounds of a timer, its own interval included.
  const late = (nanos: number): number => Math.max(0, nanos / 1e6 - RESOLUTION_MS);
  process.on('SIGUSR2', () => {
    const { max } = histogram;
    const seen = { p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(max) };
    writeFileSync(`${file}.new`, JSON.stringify(seen));
    renameSync(`${file}.new`, file);
    histogram.reset();
  });
}
