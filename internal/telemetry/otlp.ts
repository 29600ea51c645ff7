/**
 * Metrics and traces for an OpenTelemetry collector, by OTLP over HTTP in JSON. Loaded only where it is switched on: in what is
 * shipped it is a file of its own (tools/build.ts), so it imports nothing of which the agent must have one alone, such as
 * errors; those are handed in.
 *
 * It promises that nobody waits for the collector: exports run by timers, bounded in time and number; what doesn't fit is
 * dropped and counted. Metrics are read when they are sent, so a missed export loses no count.
 */
import { sleep } from '../platform/clock.ts';
import type { FailureTracing } from './failure-tracing.ts';
import { startMetrics } from './otlp-metrics.ts';
import { startTraces } from './otlp-traces.ts';
import type { OtlpOptions } from './signal-way.ts';

export interface Otlp {
  readonly failures: FailureTracing;
  /** Sends what there is, as far as the collector takes it within a second. Never rejects. */
  stop(deadlineMs: number): Promise<void>;
}

const LAST_EXPORT_MS = 1_000;
/** A collector that hangs must not make an end that took too long of one in order. */
const OF_DEADLINE = 0.8;

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
      await Promise.race([sent, sleep(options.clock, Math.min(OF_DEADLINE * deadlineMs, LAST_EXPORT_MS), over.signal)]);
      over.abort();
      for (const part of parts) part.collector.close();
    },
  };
}
