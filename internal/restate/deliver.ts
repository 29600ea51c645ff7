/**
 * How a batch reaches the plane, as one line: deliver = withRetry(withBreaker(post)), each a wrapper with the same face.
 * The deadline of one attempt is the client's (plane-client.ts).
 *
 * Promise: whatever happens is an outcome, nothing rejects; each attempt sends the same bytes under the same key; once
 * `signal` is aborted no further attempt begins.
 */
import pRetry from 'p-retry';
import type { DeliveryOutcome, Send } from '../pipeline/delivery.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import type { Random } from '../platform/random.ts';
import type { Breaker } from './breaker.ts';
import { outcomeOf } from './outcome.ts';
import type { PlaneClient } from './plane-client.ts';
import type { PlaneObserver } from './plane-observer.ts';
import type { CallMode } from './plane-url.ts';
import { decideRetry, RETRY_PAUSES_MS } from './retry-policy.ts';

export interface SendOptions {
  readonly client: PlaneClient;
  readonly breaker: Breaker;
  readonly clusterId: string;
  /** `send` rides out a plane that is down, at the price that nobody hears of events it can't take. */
  readonly mode: CallMode;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: PlaneObserver;
}

/** The sender of one cluster's batches. */
export function buildSend(options: SendOptions): Send {
  return withRetry(withBreaker(post(options), options.breaker), options);
}

/** One request, one outcome. */
function post({ client, clusterId, mode, clock }: SendOptions): Send {
  return async (delivery, signal) => {
    const target = ['ProjectService', clusterId, delivery.handler];
    const call = { target, mode, body: delivery.body, idempotencyKey: delivery.idempotencyKey };
    return outcomeOf(await client.call(call, signal), clock.now());
  };
}

function withBreaker(send: Send, breaker: Breaker): Send {
  return (delivery, signal) => breaker.run(() => send(delivery, signal));
}

/** An outcome that p-retry is to try again; it knows retries only as errors. */
class TryAgain extends Error {
  readonly outcome: DeliveryOutcome;
  readonly pauseMs: number;

  constructor(outcome: DeliveryOutcome, pauseMs: number) {
    super(outcome.kind);
    this.outcome = outcome;
    this.pauseMs = pauseMs;
  }
}

/**
 * p-retry keeps the count; the pause is ours, on the injected clock, in its callback `onFailedAttempt`. That one is also
 * called after the last attempt and before `shouldRetry` is asked (p-retry 9), so whether to go on is decided before:
 * only an outcome worth another attempt is thrown. `minTimeout: 0` switches its own waiting off. Its `signal` is not
 * used: it would throw away the outcome of the attempt under way.
 */
function withRetry(send: Send, { clock, random, observer }: SendOptions): Send {
  return async (delivery, signal) => {
    let attempts = 0;
    const attempt = async (): Promise<DeliveryOutcome> => {
      attempts += 1;
      const outcome = await send(delivery, signal);
      const decision = decideRetry(outcome, attempts, random);
      if (decision.retry && !signal.aborted) throw new TryAgain(outcome, decision.pauseMs);
      return outcome;
    };
    const outcome = await pRetry(attempt, {
      retries: RETRY_PAUSES_MS.length,
      minTimeout: 0,
      onFailedAttempt: ({ error }) => (error instanceof TryAgain ? sleep(clock, error.pauseMs, signal) : undefined),
      shouldRetry: ({ error }) => error instanceof TryAgain && !signal.aborted,
    }).catch(outcomeOfError);
    observer.delivered(outcome, attempts);
    return outcome;
  };
}

function outcomeOfError(error: unknown): DeliveryOutcome {
  if (error instanceof TryAgain) return error.outcome;
  // A bug of ours. The batch stays in the outbox, and the reason in the log says where to look.
  const detail = describeError(error).message;
  return { kind: 'retry', key: 'same', reason: 'unexpected-answer', status: 0, afterMs: undefined, detail };
}
