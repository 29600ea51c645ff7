/** OTLP, where --otlp-endpoint asks for it: loaded then, and told of what the pipeline and the drain tell. */
import { hash } from 'node:crypto';
import { proxyFor } from '../../internal/config/proxy.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import { collectorUrlPolicy, guardedLookup } from '../../internal/platform/url-guard.ts';
import { exportReport } from '../../internal/telemetry/export-report.ts';
import { readHeaders } from '../../internal/telemetry/headers-file.ts';
import type { Otlp } from '../../internal/telemetry/otlp.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import { version } from './version.ts';

/** Undefined, and nothing of it loaded, where it is off. */
export async function wireOtlp(config: AgentConfig, ambient: Ambient, metrics: Metrics): Promise<Otlp | undefined> {
  const { otlpEndpoint: endpoint, otlpHeadersFile, otlpIntervalMs, otlpTracePercent } = config;
  if (endpoint === undefined) return undefined;
  const { startOtlp } = await import('../../internal/telemetry/otlp.ts');
  const { clock, random, logger, environment } = ambient;
  logger.info({ endpoint, tracePercent: otlpTracePercent }, 'metrics and traces go to the OTLP collector');
  return startOtlp({
    ...{ endpoint, clock, random, version, intervalMs: otlpIntervalMs, tracePercent: otlpTracePercent },
    headers: () => (otlpHeadersFile === undefined ? Promise.resolve({}) : readHeaders(otlpHeadersFile)),
    lookup: guardedLookup(collectorUrlPolicy),
    proxy: proxyFor(endpoint, environment),
    resource: resourceOf(config, ambient.hostName),
    families: () => metrics.families(),
    report: exportReport({
      ...{ clock, logger },
      count: (signal, outcome) => metrics.count('watcher_otlp_exports_total', 1, { signal, outcome }),
    }),
  });
}

/** By OpenTelemetry's semantic conventions. A pod's host name is its own. */
function resourceOf({ clusterId, nodeName }: AgentConfig, hostName: string): Record<string, string> {
  return {
    'service.name': 'watcher',
    'service.version': version,
    'service.instance.id': instanceId(`${clusterId}\n${hostName}\n${process.pid}`),
    'k8s.cluster.name': clusterId,
    ...(nodeName === undefined ? {} : { 'k8s.node.name': nodeName }),
    'host.name': hostName,
  };
}

/** A UUID (RFC 9562, version 8), as the conventions want it; the same after a restart of the container. */
function instanceId(text: string): string {
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
