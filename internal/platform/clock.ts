/**
 * Time, injected. Everything that waits, measures or stamps takes a `Clock`; nothing else reads the machine's time.
 *
 * Two scales, never mixed: `now()` stamps what leaves the process and may jump when the machine's clock is set;
 * `monotonicMs()` measures durations and never goes back. Timers run on the monotonic scale.
 */

/** Handle of a pending timer. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time in Ms since the Unix epoch, UTC. For timestamps only. */
  now(): number;
  /** Ms on a scale that never goes back. For durations only; its zero means nothing. */
  monotonicMs(): number;
  /** Runs `action` once after `delayMs` (negative or NaN counts as 0, however large is honoured). Keeps the process alive. */
  setTimer(delayMs: number, action: () => void): Timer;
}

/** Node turns any delay above this into 1 ms (measured on Node 24): longer waits are made of several timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (delayMs, action) => chainedTimer(Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs), action),
  };
}

function chainedTimer(delayMs: number, action: () => void): Timer {
  let handle: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : action()), stepMs);
  };
  arm(delayMs);
  return { cancel: () => clearTimeout(handle) };
}

/**
 * Resolves after `delayMs`, or at once when `signal` is aborted: a wait that is cut short is over, it is no error.
 * The caller looks at the signal itself.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.setTimer(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** A signal that aborts when `parent` does or after `delayMs`, whichever comes first. Call `done` when the work has ended. */
export function withDeadline(
  clock: Clock,
  delayMs: number,
  parent?: AbortSignal,
): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) abort();
  else parent?.addEventListener('abort', abort, { once: true });
  const timer = clock.setTimer(delayMs, () =>
    controller.abort(new DOMException(`no result within ${delayMs} ms`, 'TimeoutError')),
  );
  return {
    signal: controller.signal,
    done: () => {
      timer.cancel();
      parent?.removeEventListener('abort', abort);
    },
  };
}
