/**
 * How long something took of this thread's processor: what else the machine does meanwhile doesn't count, so a test may hold
 * it against a bound, or against another such time. Not for what waits, nor for what other threads do.
 */

/** Milliseconds, to the microsecond. */
export function threadMs(work: () => void): number {
  const begun = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}
