/** What makes the traces of failures, told beside metrics and log by the pipeline, the drain and the sender. */
import type { Delivery, Send } from '../../internal/pipeline/delivery.ts';
import type { DrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { FrozenBatch } from '../../internal/pipeline/outbox.ts';
import type { PipelineDecision, PipelineObserver } from '../../internal/pipeline/pipeline-observer.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { FailureTracing } from '../../internal/telemetry/failure-tracing.ts';

/** `observer`, and the traces told of what becomes of each finding until it is stored. */
export function otlpPipeline(observer: PipelineObserver, failures: FailureTracing | undefined): PipelineObserver {
  if (failures === undefined) return observer;
  return {
    ...observer,
    decided: (decision) => {
      observer.decided(decision);
      traceDecision(decision, failures);
    },
    stored: (findings, known, released) => {
      observer.stored(findings, known, released);
      failures.stored(findings);
    },
  };
}

/**
 * What is told by itself has a trace; what a later stage keeps back, or gathers into a digest, has none. A decision of an
 * earlier stage is about another look at what may be on its way already.
 */
function traceDecision({ finding, stage, decision }: PipelineDecision, failures: FailureTracing): void {
  if (decision === 'append' || decision === 'resolve' || decision === 'summarise') failures.appending(finding);
  else if (stage === 'silence' || stage === 'digest' || stage === 'append' || stage === 'encode') {
    failures.forget(finding.eventId);
  }
}

export function otlpDrain(observer: DrainObserver, failures: FailureTracing | undefined): DrainObserver {
  if (failures === undefined) return observer;
  return {
    ...observer,
    settled: (event, as, reason) => {
      observer.settled(event, as, reason);
      failures.settled(event, as, reason);
    },
  };
}

/** `send`, timed: the drain sends batches, which know their events. */
export function otlpSend(send: Send, failures: FailureTracing | undefined, clock: Clock): Send {
  if (failures === undefined) return send;
  return async (delivery, signal) => {
    const startMs = clock.now();
    const outcome = await send(delivery, signal);
    if (isBatch(delivery)) {
      const { batchId, events } = delivery;
      failures.delivered(delivery, { batchId, events, startMs, endMs: clock.now(), outcome });
    }
    return outcome;
  };
}

const isBatch = (delivery: Delivery): delivery is FrozenBatch => 'eventIds' in delivery;
