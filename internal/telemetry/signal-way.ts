/** What both signals need: who they are sent by and to, and a way there that ends in time. */
import type { MetricFamily } from '../metrics/families.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { Collector, MOST_IN_FLIGHT, type CollectorOptions } from './collector.ts';
import type { ExportOutcome } from './export-outcome.ts';
import type { ReportExport, Signal } from './export-report.ts';

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

/** What is sent under the scope of. */
export const SCOPE = 'watcher';

/** An attempt; an export with all of its attempts may take a little more. */
const LONGEST_REQUEST_MS = 10_000;

export interface Part {
  readonly collector: Collector;
  flush(): Promise<void>;
}

/** What both exporters need: connections, their settings, and the guard around them. */
export function wayFor(signal: Signal, { endpoint, intervalMs, headers, lookup, proxy, clock, report }: OtlpOptions) {
  const url = `${endpoint}/v1/${signal}`;
  const collector = new Collector({ url, lookup, proxy });
  const timeoutMillis = Math.min(LONGEST_REQUEST_MS, intervalMs / 2);
  const httpAgentOptions = () => collector.agent;
  const settings = { url, headers, timeoutMillis, concurrencyLimit: MOST_IN_FLIGHT, httpAgentOptions };
  const told = (outcome: ExportOutcome, detail: string): void => report(signal, outcome, detail);
  return { collector, settings, guard: { collector, clock, deadlineMs: 1.2 * timeoutMillis, report: told } };
}
