/**
 * Token bucket for our own requests to the API server, as client-go's --kube-api-qps and --kube-api-burst: `burst` at
 * once, then `qps` a second, first come first served. It keeps a relist of a thousand namespaces from being what the
 * API server's priority and fairness has to defend others against. Never refuses: it makes wait.
 */
import { sleep, type Clock } from '../platform/clock.ts';

export interface RateLimit {
  /** Resolves when the request may go. Rejects with the signal's reason when aborted while waiting, giving the turn back. */
  take(signal?: AbortSignal): Promise<void>;
}

/** `qps` of 0 or less means no limit. */
export function rateLimit(clock: Clock, qps: number, burst: number): RateLimit {
  if (!(qps > 0)) return { take: () => Promise.resolve() };
  return new TokenBucket(clock, qps, Math.max(1, burst));
}

class TokenBucket implements RateLimit {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  /** Below zero: so many requests wait already. */
  #tokens: number;
  #filledAtMs: number;

  constructor(clock: Clock, qps: number, burst: number) {
    this.#clock = clock;
    this.#qps = qps;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#fill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    await sleep(this.#clock, (-this.#tokens / this.#qps) * 1000, signal);
    if (!signal?.aborted) return;
    this.#tokens += 1;
    signal.throwIfAborted();
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#qps);
    this.#filledAtMs = nowMs;
  }
}
