/**
 * How long something takes of this thread's processor: what else the machine does meanwhile doesn't count, so a test may
 * hold it against a bound, or against another such time. Not for what waits, nor for what other threads do.
 */

/** The kernel counts by its ticks, of 4 ms at most: so long is enough to come to a tenth. */
const MEASURED_MS = 40;

/** Milliseconds that `work` takes on average, done as often as it takes to know. */
export function threadMs(work: () => void): number {
  const startedMs = performance.now();
  const begun = process.threadCpuUsage();
  let rounds = 0;
  do {
    work();
    rounds += 1;
  } while (performance.now() - startedMs < MEASURED_MS);
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000 / rounds;
}
