/**
 * What the parts that talk to the plane tell of their work; cmd/watcher/wire.ts connects it to the metrics. Called
 * synchronously on the hot path, so an implementation must be quick and must not throw.
 */
import type { DeliveryOutcome } from '../pipeline/delivery.ts';
import type { BreakerState } from './breaker.ts';

export interface PlaneObserver {
  /** After each request: the handler's name, the status or why there was none (timeout, network, ...), and how long it took. */
  request(handler: string, code: string, durationMs: number): void;
  /** After each delivery with all its attempts. */
  delivered(outcome: DeliveryOutcome, attempts: number): void;
  /** Whenever the breaker changes. */
  breakerChanged(state: BreakerState): void;
  /** After each look at the remote settings. */
  settingsFetched(result: 'changed' | 'unchanged' | 'failed' | 'invalid'): void;
}

/** Tells nobody. */
export const silentObserver: PlaneObserver = {
  request: () => undefined,
  delivered: () => undefined,
  breakerChanged: () => undefined,
  settingsFetched: () => undefined,
};
