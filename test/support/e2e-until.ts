/**
 * Asks again until something outside this process has come about, for what tells nobody when it does: a probe, a
 * metric, what a plane holds. Where there is a log line or a watch to wait for, wait for that.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** Asking costs the machine what is asked about: soon at first, then ever less often. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/**
 * The first answer of `look` that is neither undefined nor false. A `look` that throws is asked again; the last thing it
 * threw is told when `withinMs` have passed.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 40_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let trouble: unknown;
  for (
    let pauseMs = FIRST_PAUSE_MS;
    performance.now() < deadline;
    pauseMs = Math.min(1.2 * pauseMs, LONGEST_PAUSE_MS)
  ) {
    try {
      const answer = await look();
      if (answer !== undefined && answer !== false) return answer;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    await pause(pauseMs);
  }
  throw new Error(`within ${withinMs} ms, not so: ${what}`, { cause: trouble });
}
