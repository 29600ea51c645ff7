/** What deciding about one change costs in this process, as figures (detection.ts measures). */
import type { Bench } from './bench.ts';
import { measureDetection } from './detection.ts';

export const detection: Bench = {
  name: 'detection',
  about:
    'From the facts of a pod to the decision, and on to the append, in one process and without any connection.\n' +
    'Baseline: the aim, 5 µs for a healthy pod and 40 µs for a failing one.',
  unavailable: () => Promise.resolve(undefined),
  run: async () =>
    (await measureDetection()).map(({ what, microseconds, aimMicroseconds }) => ({
      what,
      value: microseconds,
      baseline: aimMicroseconds,
      unit: 'µs' as const,
    })),
};
