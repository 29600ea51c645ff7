/**
 * Whether a leader may say on its Lease that all is told. Stored is not enough: an outbox may go with its pod (an emptyDir),
 * and who leads next looks back only as far as the Lease says. So what was stored must be at the plane, or set aside.
 *
 * Under load something is always on its way. So a moment is kept at which all was stored; once nothing older waits, all was
 * told until then, and a later moment is kept. Asked whenever the Lease is written.
 */
import type { Clock } from '../platform/clock.ts';
import type { OutboxStats } from './outbox.ts';

export interface ToldMarkParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly outbox: { readonly stats: () => Pick<OutboxStats, 'oldestObservedAtMs'> };
  /** Whether all that was seen so far is in the outbox, or was not to be told. */
  readonly isAllStored: () => boolean;
}

export class ToldMark {
  readonly #parts: ToldMarkParts;
  #storedAtMs: number | undefined;

  constructor(parts: ToldMarkParts) {
    this.#parts = parts;
  }

  /** Whether all that was seen until `withinMs` ago is told. */
  isTold(withinMs: number): boolean {
    const { clock, outbox, isAllStored } = this.#parts;
    const nowMs = clock.now();
    const { oldestObservedAtMs } = outbox.stats();
    const isStored = isAllStored();
    // After a jump back of the clock the moment says nothing about events that came since.
    const beforeMs = this.#storedAtMs !== undefined && this.#storedAtMs <= nowMs ? this.#storedAtMs : undefined;
    const isDelivered = oldestObservedAtMs === undefined || (beforeMs !== undefined && oldestObservedAtMs > beforeMs);
    if (isStored && (isDelivered || beforeMs === undefined)) this.#storedAtMs = nowMs;
    if (!isStored || !isDelivered) return false;
    return oldestObservedAtMs === undefined || (beforeMs !== undefined && nowMs - beforeMs <= withinMs);
  }
}
