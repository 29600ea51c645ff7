/**
 * Metrics and traces for an OpenTelemetry collector, by OTLP over HTTP in JSON. Loaded only where it is switched on: in what is
 * shipped it is a file of its own (tools/build.ts), so it imports nothing of which the agent must have one alone, such as
 * errors; those are handed in.
 *
 * It promises that nobody waits for the collector: exports run by timers, bounded in time and number; what doesn't fit is
 * dropped and counted. Metrics are read when they are sent, so a missed export loses no count.
 */
import type { Tracer } from '@opentelemetry/api';
import { AggregationTemporalityPreference, OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { MetricFamily } from '../metrics/families.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { Collector, MOST_IN_FLIGHT, type CollectorOptions } from './collector.ts';
import type { ExportOutcome } from './export-outcome.ts';
import type { ReportExport, Signal } from './export-report.ts';
import { FailureRecords } from './failure-records.ts';
import { FailureTracing } from './failure-tracing.ts';
import { GuardedExport, type Exporter } from './guarded-export.ts';
import { metricDataOf } from './metric-data.ts';

export interface OtlpOptions extends Omit<CollectorOptions, 'url'> {
  /** The signals' paths are put behind it. */
  readonly endpoint: string;
  /** Asked at each export. May reject with OTLP_HEADERS_UNREADABLE. */
  readonly headers: () => Promise<Record<string, string>>;
  readonly intervalMs: number;
  readonly tracePercent: number;
  /** Who sends, by OpenTelemetry's semantic conventions. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly families: () => Promise<readonly MetricFamily[]>;
  readonly report: ReportExport;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Otlp {
  readonly failures: FailureTracing;
  /** Sends what there is, as far as the collector takes it within a second. Never rejects. */
  stop(deadlineMs: number): Promise<void>;
}

/** An attempt; an export with all of its attempts may take a little more. */
const LONGEST_REQUEST_MS = 10_000;
const LONGEST_LINGER_MS = 5_000;
const LAST_EXPORT_MS = 1_000;
const SCOPE = 'watcher';
/** At most so many spans wait, and go in one request: a few hundred KB. */
const MOST_SPANS = 1_024;

/** Connects to nothing yet. */
export function startOtlp(options: OtlpOptions): Otlp {
  const metrics = startMetrics(options);
  const traces = startTraces(options);
  const parts = [metrics, traces];
  return {
    failures: traces.failures,
    stop: async (deadlineMs) => {
      const over = new AbortController();
      const sent = Promise.allSettled(parts.map((part) => part.flush()));
      await Promise.race([sent, sleep(options.clock, Math.min(deadlineMs, LAST_EXPORT_MS), over.signal)]);
      over.abort();
      for (const part of parts) part.collector.close();
    },
  };
}

interface Part {
  readonly collector: Collector;
  flush(): Promise<void>;
}

function startMetrics(options: OtlpOptions): Part {
  const { intervalMs, resource } = options;
  const { collector, settings, guard } = wayFor('metrics', options);
  const temporalityPreference = AggregationTemporalityPreference.CUMULATIVE;
  const exporter = new GuardedExport(new OTLPMetricExporter({ ...settings, temporalityPreference }), guard);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: intervalMs,
    metricProducers: [producerOf(options)],
  });
  const provider = new MeterProvider({ resource: resourceFromAttributes(resource), readers: [reader] });
  return { collector, flush: () => provider.shutdown() };
}

/** What the registry holds at that moment. The resource is the provider's. */
function producerOf({ families, clock, version }: OtlpOptions): MetricProducer {
  const startMs = clock.now();
  return {
    collect: async () => {
      const metrics = metricDataOf(await families(), { startMs, endMs: clock.now() });
      const scopeMetrics = [{ scope: { name: SCOPE, version }, metrics }];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
    },
  };
}

function startTraces(options: OtlpOptions): Part & { readonly failures: FailureTracing } {
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

/** What both exporters need: connections, their settings, and the guard around them. */
function wayFor(signal: Signal, { endpoint, intervalMs, headers, lookup, proxy, clock, report }: OtlpOptions) {
  const url = `${endpoint}/v1/${signal}`;
  const collector = new Collector({ url, lookup, proxy });
  const timeoutMillis = Math.min(LONGEST_REQUEST_MS, intervalMs / 2);
  const httpAgentOptions = () => collector.agent;
  const settings = { url, headers, timeoutMillis, concurrencyLimit: MOST_IN_FLIGHT, httpAgentOptions };
  const told = (outcome: ExportOutcome, detail: string): void => report(signal, outcome, detail);
  return { collector, settings, guard: { collector, clock, deadlineMs: 1.2 * timeoutMillis, report: told } };
}
