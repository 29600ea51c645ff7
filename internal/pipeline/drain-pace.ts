/**
 * Feeds the batcher: remembers, on the monotonic scale, when the last batch was closed and since when events are loose,
 * and reads the settings anew at each decision, since the plane may change them at any time.
 */
import type { Clock } from '../platform/clock.ts';
import { BATCH_BYTES } from '../platform/limits.ts';
import { decideBatch, type BatchDecision } from './batcher.ts';
import type { FreezeLimits, Outbox } from './outbox.ts';
import type { SettingsSource } from './settings.ts';

export class BatchPace {
  readonly #outbox: Pick<Outbox, 'stats'>;
  readonly #settings: SettingsSource;
  readonly #clock: Clock;
  #closedAtMs = -Infinity;
  #looseSinceMs: number | undefined;

  constructor(outbox: Pick<Outbox, 'stats'>, settings: SettingsSource, clock: Clock) {
    this.#outbox = outbox;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** The size of a full batch. */
  limits(): FreezeLimits {
    return { events: Math.max(1, this.#settings.current().batchSize), bytes: BATCH_BYTES };
  }

  /** Whether a batch is to be closed now. To be asked after each append, since the first time it sees an event counts. */
  decide(isStopping: boolean): BatchDecision {
    const { looseEvents, looseBytes } = this.#outbox.stats();
    const nowMs = this.#clock.monotonicMs();
    this.#looseSinceMs = looseEvents === 0 ? undefined : (this.#looseSinceMs ?? nowMs);
    const state = {
      events: looseEvents,
      bytes: looseBytes,
      oldestWaitedMs: nowMs - (this.#looseSinceMs ?? nowMs),
      sinceClosedMs: nowMs - this.#closedAtMs,
      isStopping,
    };
    return decideBatch(state, { ...this.limits(), lingerMs: this.#settings.current().batchFlushMs });
  }

  /** A batch was closed; what is loose now lingers anew. */
  closed(): void {
    this.#closedAtMs = this.#clock.monotonicMs();
    this.#looseSinceMs = undefined;
  }
}
