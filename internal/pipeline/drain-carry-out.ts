/**
 * Carries out a verdict: tells the outbox first, and only then the drain, the observer and the log. So whoever hears of
 * it can rely on it, and if the outbox fails nothing has been said.
 */
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { DeliveryOutcome } from './delivery.ts';
import type { Halve } from './digest.ts';
import type { DrainObserver } from './drain-observer.ts';
import type { PauseReason } from './drain-state.ts';
import type { DrainSuspects } from './drain-suspects.ts';
import type { SuspectReason, Verdict } from './drain-verdict.ts';
import type { FrozenBatch, Outbox } from './outbox.ts';

/** How long the reference plane, as any Restate by default, remembers an idempotency key. */
const KEYS_KEPT_MS = 24 * 60 * 60 * 1000;

export interface VerdictDeps {
  readonly outbox: Outbox;
  readonly observer: DrainObserver;
  readonly suspects: DrainSuspects;
  readonly trim: (bytes: Uint8Array) => Uint8Array | undefined;
  readonly halve: Halve | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Adds jitter. */
  readonly delayOf: (ms: number) => number;
  readonly accepted: () => void;
  readonly released: (batchId: string, delayMs: number) => void;
  readonly failed: (reason: PauseReason, pauseMs: number) => void;
}

/** Rejects with what the outbox rejected with; then nothing was done and it may be called again. */
export async function carryOut(
  deps: VerdictDeps,
  batch: FrozenBatch,
  verdict: Verdict,
  outcome: DeliveryOutcome,
): Promise<void> {
  switch (verdict.kind) {
    case 'acknowledge':
      return acknowledge(deps, batch, outcome);
    case 'release':
      return release(deps, batch, verdict, outcome);
    case 'split':
      return split(deps, batch, verdict.reason, outcome);
    case 'trim':
      return trim(deps, batch, verdict.otherwise, outcome);
    case 'quarantine':
      return quarantine(deps, batch, verdict.reason, outcome);
  }
}

async function acknowledge(deps: VerdictDeps, batch: FrozenBatch, outcome: DeliveryOutcome): Promise<void> {
  const events = await deps.outbox.acknowledge(batch.batchId);
  const reason = outcome.kind === 'accepted' ? outcome.reason : 'executed';
  deps.suspects.accepted(batch.batchId);
  deps.accepted();
  deps.observer.accepted(batch, reason, deps.clock.now() - batch.oldestObservedAtMs > KEYS_KEPT_MS);
  for (const event of events) deps.observer.settled(event, 'delivered', reason);
}

async function release(
  deps: VerdictDeps,
  batch: FrozenBatch,
  verdict: Extract<Verdict, { kind: 'release' }>,
  outcome: DeliveryOutcome,
): Promise<void> {
  const { key, yieldsPod, goesLast } = verdict;
  // What pauses everything is moved by the jitter as a whole: the oldest batch must be due when the pause is over.
  const delayMs = verdict.pauseMs >= verdict.delayMs ? verdict.delayMs : deps.delayOf(verdict.delayMs);
  await deps.outbox.release(batch.batchId, { delayMs, key, yieldsPod, goesLast });
  if (goesLast) deps.suspects.keptAside(batch.batchId, batch.events);
  deps.released(batch.batchId, delayMs);
  deps.failed(verdict.reason, verdict.pauseMs);
  tellOfRelease(deps, batch, verdict, outcome);
}

function tellOfRelease(
  { observer, logger }: VerdictDeps,
  batch: FrozenBatch,
  { reason, delayMs, pauseMs }: Extract<Verdict, { kind: 'release' }>,
  outcome: DeliveryOutcome,
): void {
  observer.retried(batch, reason, outcome);
  logger.debug({ batch: batch.batchId, reason, delayMs, pauseMs }, 'a batch was put back');
}

async function split(
  deps: VerdictDeps,
  batch: FrozenBatch,
  reason: SuspectReason,
  outcome: DeliveryOutcome,
): Promise<void> {
  const digests = digestsOf(batch, deps.halve);
  const { outbox } = deps;
  const [left, right] = await (digests === undefined
    ? outbox.split(batch.batchId)
    : outbox.halve(batch.batchId, digests));
  const [first, second] = digests?.map(({ failures }) => failures) ?? [Math.ceil(batch.events / 2), batch.events >> 1];
  const halves = [
    { batchId: left, events: first ?? 1 },
    { batchId: right, events: second ?? 1 },
  ];
  deps.suspects.split(batch.batchId, halves);
  deps.observer.split(batch, reason, outcome);
  deps.logger.debug({ batch: batch.batchId, halves }, 'a batch was halved');
}

/** How many there are to find the one to blame among: the batch's events, or the failures of a digest that is alone. */
export function divisibleInto(batch: FrozenBatch, halve: Halve | undefined): number {
  return digestsOf(batch, halve)?.reduce((sum, { failures }) => sum + failures, 0) ?? batch.events;
}

function digestsOf({ events, eventIds, body }: FrozenBatch, halve: Halve | undefined): ReturnType<Halve> {
  return events === 1 ? halve?.({ eventId: eventIds[0] ?? '', bytes: body }) : undefined;
}

async function trim(
  deps: VerdictDeps,
  batch: FrozenBatch,
  otherwise: Verdict,
  outcome: DeliveryOutcome,
): Promise<void> {
  const trimmed = deps.trim(batch.body);
  if (trimmed === undefined || trimmed.length >= batch.body.length) return carryOut(deps, batch, otherwise, outcome);
  await deps.outbox.rewrite(batch.batchId, trimmed);
  deps.observer.trimmed(batch, batch.body.length, trimmed.length);
}

async function quarantine(
  deps: VerdictDeps,
  batch: FrozenBatch,
  reason: SuspectReason,
  outcome: DeliveryOutcome,
): Promise<void> {
  const events = await deps.outbox.quarantine(batch.batchId, reason);
  deps.suspects.settled(batch.batchId);
  deps.observer.quarantined(batch, reason, outcome);
  for (const event of events) deps.observer.settled(event, 'quarantined', reason);
}
