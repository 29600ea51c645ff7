/** What the plane's side and the drain tell, as metrics, log lines and the audit log. */
import { hash } from 'node:crypto';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { DrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { DeliveryOutcome } from '../../internal/pipeline/delivery.ts';
import type { FrozenBatch, OutboxEvent } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { BreakerState } from '../../internal/restate/breaker.ts';
import { planeProblem } from '../../internal/restate/plane-problem.ts';
import { digestedIn } from '../../internal/restate/wire-digest.ts';
import type { PlaneObserver } from '../../internal/restate/plane-observer.ts';
import { observeAcceptance } from './failure-times.ts';

const BREAKER_STATES: readonly BreakerState['kind'][] = ['closed', 'open', 'half-open'];

export function observePlane(metrics: Metrics, logger: Logger): PlaneObserver {
  metrics.state('watcher_breaker_state', 'state', BREAKER_STATES, 'closed');
  return {
    request: (_handler, code, durationMs) => {
      metrics.count('watcher_restate_requests_total', 1, { code });
      metrics.observe('watcher_restate_request_seconds', durationMs / 1000);
    },
    delivered: (outcome) =>
      metrics.count('watcher_deliveries_total', 1, { outcome: outcome.kind, reason: outcome.reason }),
    breakerChanged: (state) => {
      metrics.state('watcher_breaker_state', 'state', BREAKER_STATES, state.kind);
      const message = `the breaker to the plane is ${state.kind}`;
      if (state.kind === 'open') logger.warn({ breaker: state.kind, code: 'PLANE_BREAKER_OPEN' }, message);
      else logger.info({ breaker: state.kind }, message);
    },
    settingsFetched: (result) => metrics.count('watcher_remote_settings_total', 1, { result }),
  };
}

/** The audit log: one line for each event that has reached its final state, and for each failure that a digest tells of. */
export function audit(logger: Logger, event: OutboxEvent, status: string, reason: string): void {
  const { eventId, namespace, pod, phase } = event;
  const what = { delivery_status: status, reason, payload_hash: hash('sha256', event.bytes, 'hex'), namespace };
  logger.info({ event_id: eventId, ...what, pod, phase }, 'AUDIT EVENT');
  for (const { event_id, name } of digestedIn(event)) {
    logger.info({ event_id, ...what, pod: name, phase, digest: eventId }, 'AUDIT EVENT');
  }
}

export interface DrainObservation {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Of its own, so that no --log-level silences the audit log. */
  readonly auditLogger: Logger;
  readonly clock: Clock;
  readonly isDryRun: boolean;
}

export function observeDrain({ metrics, logger, auditLogger, clock, isDryRun }: DrainObservation): DrainObserver {
  const log = (batch: FrozenBatch, reason: string, outcome: DeliveryOutcome, message: string): void => {
    const err = outcome.kind === 'accepted' ? undefined : planeProblem(outcome);
    logger.warn({ batch: batch.batchId, events: batch.events, reason, status: outcome.status, err }, message);
  };
  return {
    frozen: (batch, reason) => logger.debug({ batch: batch.batchId, events: batch.events, reason }, 'batch closed'),
    accepted: (batch, _reason, isPastKeys) => {
      logger.debug({ batch: batch.batchId, events: batch.events, isPastKeys }, 'batch accepted');
      if (isPastKeys) metrics.count('watcher_events_past_keys_total', batch.events);
    },
    retried: (batch, reason, outcome) =>
      log(batch, reason, outcome, 'batch not taken; all of it is kept and sent again'),
    split: (batch, reason, outcome) => log(batch, reason, outcome, 'batch not taken; halved to find what is to blame'),
    quarantined: (batch, reason, outcome) => log(batch, reason, outcome, 'the plane cannot take this event: set aside'),
    trimmed: (batch, fromBytes, toBytes) =>
      logger.warn(
        { batch: batch.batchId, fromBytes, toBytes, code: 'EVENT_TRIMMED' },
        'event trimmed, since the plane takes none that large',
      ),
    settled: (event, as, reason) => {
      audit(auditLogger, event, isDryRun ? 'dry-run' : as, reason);
      if (as === 'quarantined') metrics.count('watcher_events_quarantined_total', 1, { reason });
      else metrics.count('watcher_events_delivered_total', 1);
      observeAcceptance(metrics, event, as, clock.now());
    },
    lost: (events) => {
      for (const event of events) audit(auditLogger, event, 'lost', 'memory-outbox');
    },
    outboxFailed: (error) => logger.error({ err: error }, 'the outbox failed; trying again'),
    backlog: () => undefined,
    state: () => undefined,
  };
}
