/**
 * What the drain tells of its work: for metrics, the audit log and readiness. wire.ts connects it.
 * The calls are made after the outbox has taken the change; they must not throw.
 */
import type { CloseReason } from './batcher.ts';
import type { DeliveryOutcome } from './delivery.ts';
import type { DrainState } from './drain-state.ts';
import type { ReleaseReason, SuspectReason } from './drain-verdict.ts';
import type { FrozenBatch, OutboxEvent, OutboxStats } from './outbox.ts';

export interface DrainObserver {
  /** A new batch was made of loose events. */
  frozen(batch: FrozenBatch, reason: CloseReason): void;
  /** `isPastKeys`: it holds events older than the plane keeps keys, so that only their ids keep them from being told twice. */
  accepted(batch: FrozenBatch, reason: 'executed' | 'queued', isPastKeys: boolean): void;
  /** Not taken, kept, and to be sent again. */
  retried(batch: FrozenBatch, reason: ReleaseReason, outcome: DeliveryOutcome): void;
  split(batch: FrozenBatch, reason: SuspectReason, outcome: DeliveryOutcome): void;
  /** The plane can't take what is in this batch; each event of it is told by `settled` as well. */
  quarantined(batch: FrozenBatch, reason: SuspectReason, outcome: DeliveryOutcome): void;
  trimmed(batch: FrozenBatch, fromBytes: number, toBytes: number): void;
  /** An event has reached its final state: the audit record. `event.bytes` are those that were sent. */
  settled(event: OutboxEvent, as: 'delivered' | 'quarantined', reason: string): void;
  /** Events that a memory outbox still holds at the end, and that die with the process. */
  lost(events: readonly OutboxEvent[]): void;
  /** The outbox itself failed; the drain tries again. */
  outboxFailed(error: unknown): void;
  backlog(stats: OutboxStats): void;
  state(state: DrainState): void;
}

/** An observer that notes nothing, to be spread under what one wants to hear. */
export function quietDrainObserver(): DrainObserver {
  const nothing = (): void => undefined;
  return {
    ...{ frozen: nothing, accepted: nothing, retried: nothing, split: nothing, quarantined: nothing, trimmed: nothing },
    ...{ settled: nothing, lost: nothing, outboxFailed: nothing, backlog: nothing, state: nothing },
  };
}
