/**
 * Clocks for scenarios: one that runs faster than the machine's, so that half an hour of waits passes in a minute, and
 * whose wall clock can be set or made to drift, as an operator, NTP or a resumed laptop would.
 *
 * Real sockets and files are as slow as ever: at speed 100 an answer that takes 3 ms seems to take 300.
 */
import type { Clock } from '../../internal/platform/clock.ts';

export interface FastClock extends Clock {
  readonly speed: number;
  /** Sets the wall clock alone. */
  jump(ms: number): void;
  /** From now on the wall clock passes so many times faster than the monotonic scale. */
  slew(rate: number): void;
  /** Resolves after so many of its Ms. */
  sleep(ms: number): Promise<void>;
}

export function fastClock(speed: number): FastClock {
  const originMs = performance.now();
  const monotonicMs = (): number => (performance.now() - originMs) * speed;
  let wall = { atMs: 0, wallMs: Date.now(), rate: 1 };
  const now = (): number => Math.floor(wall.wallMs + (monotonicMs() - wall.atMs) * wall.rate);
  const rebase = (jumpMs: number, rate: number): void => {
    wall = { atMs: monotonicMs(), wallMs: now() + jumpMs, rate };
  };
  const setTimer = (delayMs: number, action: () => void): { cancel: () => void } => {
    const handle = setTimeout(action, Math.max(0, delayMs || 0) / speed);
    return { cancel: () => clearTimeout(handle) };
  };
  return {
    ...{ speed, now, monotonicMs, setTimer },
    jump: (ms) => rebase(ms, wall.rate),
    slew: (rate) => rebase(0, rate),
    sleep: (ms) => new Promise((resolve) => setTimer(ms, () => resolve())),
  };
}
