/** Traces by OTLP: spans of failures that have ended, gathered for some seconds, and so many at most. */
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { FailureRecords } from './failure-records.ts';
import { FailureTracing } from './failure-tracing.ts';
import { GuardedExport, type Exporter } from './guarded-export.ts';
import { SCOPE, wayFor, type OtlpOptions, type Part } from './signal-way.ts';

const LONGEST_LINGER_MS = 5_000;
/** At most so many spans wait, and go in one request: a few hundred KB. */
const MOST_SPANS = 1_024;

export function startTraces(options: OtlpOptions): Part & { readonly failures: FailureTracing } {
  const { intervalMs, resource, tracePercent, version, random, clock, report } = options;
  const { collector, settings, guard } = wayFor('traces', options);
  let traceId = '';
  let waiting = 0;
  const exporter = new GuardedExport(
    counting(new OTLPTraceExporter(settings), (spans) => (waiting -= spans)),
    guard,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => random.hex(8) },
    spanProcessors: [
      { onStart: () => void (waiting += 1), onEnd: () => undefined, ...quietProcessor },
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MOST_SPANS,
        maxExportBatchSize: MOST_SPANS,
        scheduledDelayMillis: Math.min(intervalMs, LONGEST_LINGER_MS),
        exportTimeoutMillis: 2 * guard.deadlineMs,
      }),
    ],
  });
  const tracer: Tracer = provider.getTracer(SCOPE, version);
  const failures = new FailureTracing({
    ...{ clock, records: new FailureRecords(tracePercent) },
    tracerFor: (wanted) => {
      traceId = wanted;
      return tracer;
    },
    room: () => MOST_SPANS - waiting,
    onDropped: () => report('traces', 'dropped', ''),
  });
  return { collector, failures, flush: () => provider.shutdown() };
}

const quietProcessor = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };

/** `inner`, and `took` told how many items go. */
function counting<Item>(inner: Exporter<Item[]>, took: (items: number) => void): Exporter<Item[]> {
  return {
    export: (items, done) => {
      took(items.length);
      inner.export(items, done);
    },
    forceFlush: () => inner.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => inner.shutdown(),
  };
}
