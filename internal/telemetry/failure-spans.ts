/**
 * The spans of one failure, made when it has reached its end: `failure` over all of it, below it `detect` until it was
 * decided to tell it, `append` until it was in the outbox, and one `deliver` for each delivery. Pure: no span is open while
 * the failure is on its way.
 *
 * Attributes say which pod and what became of it. No message, label, annotation or environment of a pod is among them.
 */
import type { OutboxEvent } from '../pipeline/outbox.ts';
import type { DeliveryRecord, FailureRecord } from './failure-records.ts';

export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface FailureSpan {
  readonly name: 'failure' | 'detect' | 'append' | 'deliver';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  /** Why it is an error; absent where it is none. A word of ours. */
  readonly error?: string;
}

export interface FailureEnd {
  readonly event: Pick<OutboxEvent, 'eventId' | 'namespace' | 'pod' | 'podUid' | 'observedAtMs'>;
  readonly as: 'delivered' | 'quarantined';
  readonly reason: string;
  readonly atMs: number;
}

/** The first one is the parent of the others. */
export function failureSpans(record: FailureRecord, end: FailureEnd): [FailureSpan, ...FailureSpan[]] {
  return [rootSpan(record, end), ...agentSpans(record, end), ...record.deliveries.map(deliverySpan)];
}

function rootSpan({ seen, deliveriesLeftOut }: FailureRecord, { event, as, reason, atMs }: FailureEnd): FailureSpan {
  const attributes = withoutEmpty({
    'k8s.namespace.name': event.namespace,
    'k8s.pod.name': event.pod,
    'k8s.pod.uid': event.podUid,
    'k8s.container.name': seen?.container,
    'watcher.event.id': event.eventId,
    'watcher.event.type': seen?.type,
    'watcher.event.reason': seen?.reason,
    'watcher.event.occurred_at': timeOf(seen?.occurredAtMs),
    'watcher.settled.as': as,
    'watcher.settled.reason': reason,
    'watcher.deliveries.left_out': deliveriesLeftOut === 0 ? undefined : deliveriesLeftOut,
  });
  const span = { name: 'failure', startMs: event.observedAtMs, endMs: atMs, attributes } as const;
  return as === 'delivered' ? span : { ...span, error: reason };
}

function agentSpans({ seen, storedAtMs }: FailureRecord, { event }: FailureEnd): FailureSpan[] {
  if (seen === undefined) return [];
  const { decidedAtMs } = seen;
  const detect = { name: 'detect', startMs: event.observedAtMs, endMs: decidedAtMs, attributes: {} } as const;
  if (storedAtMs === undefined) return [detect];
  return [detect, { name: 'append', startMs: decidedAtMs, endMs: storedAtMs, attributes: {} }];
}

function deliverySpan({ batchId, events, startMs, endMs, outcome }: DeliveryRecord): FailureSpan {
  const { kind, reason, status } = outcome;
  const attributes = withoutEmpty({
    'watcher.batch.id': batchId,
    'watcher.batch.events': events,
    'watcher.delivery.outcome': kind,
    'watcher.delivery.reason': reason,
    'http.response.status_code': status === 0 ? undefined : status,
  });
  const span = { name: 'deliver', startMs, endMs, attributes } as const;
  return kind === 'accepted' ? span : { ...span, error: reason };
}

/** '' where there is none, or none that can be written down. */
function timeOf(ms = 0): string {
  return ms === 0 || Number.isNaN(new Date(ms).getTime()) ? '' : new Date(ms).toISOString();
}

function withoutEmpty(attributes: Readonly<Record<string, string | number | undefined>>): SpanAttributes {
  const given = Object.entries(attributes).filter((entry): entry is [string, string | number] => {
    return entry[1] !== undefined && entry[1] !== '';
  });
  return Object.fromEntries(given);
}
