/** Metrics by OTLP: what the registry holds at that moment, every so often and once more at the end. */
import { AggregationTemporalityPreference, OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { GuardedExport } from './guarded-export.ts';
import { metricDataOf } from './metric-data.ts';
import { SCOPE, wayFor, type OtlpOptions, type Part } from './signal-way.ts';

export function startMetrics(options: OtlpOptions): Part {
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
function producerOf({ families, clock, version, report }: OtlpOptions): MetricProducer {
  const startMs = clock.now();
  const collected = async (): Promise<ScopeMetrics[]> => {
    try {
      const metrics = metricDataOf(await families(), { startMs, endMs: clock.now() });
      return [{ scope: { name: SCOPE, version }, metrics }];
    } catch {
      report('metrics', 'dropped', 'they could not be read');
      return [];
    }
  };
  return {
    collect: async () => ({
      resourceMetrics: { resource: emptyResource(), scopeMetrics: await collected() },
      errors: [],
    }),
  };
}
