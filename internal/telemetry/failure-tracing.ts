/**
 * Traces of failures: told of each step by the pipeline and the drain, it makes the trace when a failure has reached its end,
 * under the event id as trace id. It never throws and never waits; where more spans wait for the collector than it may
 * hold, the trace is given up and counted.
 */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { Finding } from '../pipeline/finding.ts';
import type { FrozenBatch, OutboxEvent } from '../pipeline/outbox.ts';
import type { Clock } from '../platform/clock.ts';
import type { DeliveryRecord, FailureRecords } from './failure-records.ts';
import { failureSpans, type FailureEnd, type FailureSpan } from './failure-spans.ts';

export interface TracingParts {
  readonly clock: Clock;
  readonly records: FailureRecords;
  /** A tracer whose next trace has this id. */
  readonly tracerFor: (traceId: string) => Tracer;
  /** Room for so many more spans. */
  readonly room: () => number;
  readonly onDropped: () => void;
}

export class FailureTracing {
  readonly #parts: TracingParts;

  constructor(parts: TracingParts) {
    this.#parts = parts;
  }

  appending(finding: Finding): void {
    this.#parts.records.appending(finding, this.#parts.clock.now());
  }

  forget(eventId: string): void {
    this.#parts.records.forget(eventId);
  }

  stored(findings: readonly Finding[]): void {
    this.#parts.records.stored(findings, this.#parts.clock.now());
  }

  delivered(batch: Pick<FrozenBatch, 'eventIds'>, delivery: DeliveryRecord): void {
    this.#parts.records.delivered(batch, delivery);
  }

  settled(event: OutboxEvent, as: FailureEnd['as'], reason: string): void {
    const { records, clock, room, onDropped } = this.#parts;
    const record = records.take(event);
    if (record === undefined) return;
    try {
      const spans = failureSpans(record, { event, as, reason, atMs: clock.now() });
      if (spans.length > room()) onDropped();
      else this.#emit(event.eventId, spans);
    } catch {
      // The drain that tells us must go on, whatever the SDK thinks of a span.
      onDropped();
    }
  }

  #emit(traceId: string, [first, ...rest]: [FailureSpan, ...FailureSpan[]]): void {
    const tracer = this.#parts.tracerFor(traceId);
    const root = start(tracer, first, ROOT_CONTEXT);
    const below = trace.setSpan(ROOT_CONTEXT, root);
    for (const each of rest) finish(start(tracer, each, below), each);
    finish(root, first);
  }
}

type Started = ReturnType<Tracer['startSpan']>;

function start(tracer: Tracer, { name, startMs, attributes }: FailureSpan, context: typeof ROOT_CONTEXT): Started {
  const kind = name === 'deliver' ? SpanKind.CLIENT : SpanKind.INTERNAL;
  return tracer.startSpan(name, { kind, startTime: new Date(startMs), attributes }, context);
}

/** The wall clock may have been set back in between. */
function finish(span: Started, { startMs, endMs, error }: FailureSpan): void {
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(new Date(Math.max(startMs, endMs)));
}
