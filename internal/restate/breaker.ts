/**
 * The circuit breaker around each attempt: a plane that does not answer is asked once in 30 s, not by every batch.
 *
 * opossum, with three of its habits worked around (version 10, read in its source and tested):
 * - it opens on a percentage of failures within a window of 10 s, which time-outs of 5 s never fill. So failures in a row
 *   are counted here, and the breaker is opened by hand; its own percentage is set where it can never be passed.
 * - its time-out only leaves the call behind. The call's own deadline cancels it, so opossum's is off.
 * - half open, it lets one call through and refuses the others until that one has settled: a call that never settled
 *   would hold it for ever. Ours always settle.
 * What counts as a failure is what says that nobody is there: transport and ingress. Answers, poison and refusals among
 * them, prove that somebody is, and close it.
 */
import CircuitBreaker from 'opossum';
import type { DeliveryOutcome } from '../pipeline/delivery.ts';
import type { Clock } from '../platform/clock.ts';

export type BreakerState =
  | { readonly kind: 'closed' }
  /** No attempt until then, on the monotonic scale. */
  | { readonly kind: 'open'; readonly untilMs: number }
  /** The next attempt, or the one under way, decides. */
  | { readonly kind: 'half-open' };

export interface Breaker {
  state(): BreakerState;
  /** Makes the attempt, or says `breaker-open` without making it. Never rejects if the attempt doesn't. */
  run(attempt: () => Promise<DeliveryOutcome>): Promise<DeliveryOutcome>;
  /** Ends its timers. Later attempts come to `network`. */
  stop(): void;
}

export interface BreakerOptions {
  readonly clock: Clock;
  /** Failures in a row that open it. */
  readonly failuresToOpen?: number;
  /** From opening to the probe. Runs on opossum's own timer. */
  readonly probeAfterMs?: number;
  readonly onChange?: (state: BreakerState) => void;
}

/** Carries the outcome of an attempt that counts as failed through opossum, which knows failures only as rejections. */
class FailedAttempt extends Error {
  readonly outcome: DeliveryOutcome;

  constructor(outcome: DeliveryOutcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** A closed breaker. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { clock, failuresToOpen = 5, probeAfterMs = 30_000 } = options;
  let failuresInARow = 0;
  let untilMs = 0;
  let isProbing = false;
  const circuit = new CircuitBreaker(performAttempt, {
    timeout: false,
    resetTimeout: probeAfterMs,
    // The comparison is "greater than", so at 100 it never opens by itself; half open it still falls back on a failure.
    errorThresholdPercentage: 100,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  const state = (): BreakerState => {
    if (circuit.opened) return { kind: 'open', untilMs };
    return circuit.halfOpen ? { kind: 'half-open' } : { kind: 'closed' };
  };
  const tell = (): void => options.onChange?.(state());
  circuit.on('success', () => (failuresInARow = 0));
  circuit.on('failure', () => {
    failuresInARow += 1;
    if (failuresInARow >= failuresToOpen && !isProbing) circuit.open();
  });
  circuit.on('open', () => {
    untilMs = clock.monotonicMs() + probeAfterMs;
    tell();
  });
  circuit.on('halfOpen', tell);
  circuit.on('close', tell);
  return {
    state,
    run: async (attempt) => {
      isProbing = circuit.halfOpen;
      try {
        return await circuit.fire(attempt);
      } catch (error) {
        return outcomeOfRejection(error, state(), clock);
      }
    },
    stop: () => circuit.shutdown(),
  };
}

async function performAttempt(attempt: () => Promise<DeliveryOutcome>): Promise<DeliveryOutcome> {
  const outcome = await attempt();
  if (saysNobodyIsThere(outcome)) throw new FailedAttempt(outcome);
  return outcome;
}

/** Whether an outcome counts for opening: the transport or the ingress failed, the handler did not get to speak. */
export function saysNobodyIsThere(outcome: DeliveryOutcome): boolean {
  return outcome.kind === 'retry' && outcome.key === 'same' && outcome.reason !== 'breaker-open';
}

function outcomeOfRejection(error: unknown, state: BreakerState, clock: Clock): DeliveryOutcome {
  if (error instanceof FailedAttempt) return error.outcome;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const again = { kind: 'retry', key: 'same', status: 0 } as const;
  if (code === 'EOPENBREAKER') {
    const afterMs = state.kind === 'open' ? Math.max(0, state.untilMs - clock.monotonicMs()) : undefined;
    return { ...again, reason: 'breaker-open', afterMs, detail: 'the plane did not answer lately; not asked' };
  }
  const detail = code === 'ESHUTDOWN' ? 'the agent is stopping' : String(error);
  return { ...again, reason: 'network', afterMs: undefined, detail };
}
