/** Settings: metrics and traces for an OpenTelemetry collector. Nothing of it is loaded without --otlp-endpoint. */
import { collectorUrlPolicy } from '../platform/url-guard.ts';
import { HOUR_MS } from './bounds.ts';
import { duration } from './duration.ts';
import { httpUrl } from './format-network.ts';
import { line, optional, whole } from './format.ts';
import { setting } from './setting.ts';

export const otlpSettings = {
  otlpEndpoint: setting({
    flag: 'otlp-endpoint',
    group: 'operation',
    doc: 'send metrics and traces to this OpenTelemetry collector, by OTLP over HTTP below v1/metrics and v1/traces',
    format: optional(httpUrl(collectorUrlPolicy)),
    default: '',
    defaultDoc: 'off',
  }),
  otlpHeadersFile: setting({
    flag: 'otlp-headers-file',
    group: 'operation',
    doc: 'file with headers for --otlp-endpoint, one NAME: VALUE a line; read again each time',
    format: optional(line('FILE')),
    default: '',
  }),
  otlpIntervalMs: setting({
    flag: 'otlp-interval',
    group: 'operation',
    doc: 'how often metrics go to --otlp-endpoint',
    format: duration({ min: 1000, max: HOUR_MS }),
    default: '1m',
  }),
  otlpTracePercent: setting({
    flag: 'otlp-trace-percent',
    group: 'operation',
    doc: 'how many of a hundred failures are traced to --otlp-endpoint',
    format: whole({ min: 0, max: 100 }),
    default: '10',
  }),
} as const;
