/** The context of failures, where --event-context asks for any: who reads it, what of it, and for how long. */
import { ContextReader } from '../../internal/kubernetes/context.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { PipelineParts } from '../../internal/pipeline/pipeline-parts.ts';
import type { Redactor } from '../../internal/platform/redact.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import type { Cluster } from './wire-cluster.ts';

interface ContextWiring {
  readonly config: AgentConfig;
  readonly ambient: Ambient;
  readonly metrics: Metrics;
  readonly redact: Redactor;
  /** Known by the time somebody asks. */
  readonly cluster: () => Cluster;
}

/** Nothing where nothing is asked for. */
export function wireContext(wiring: ContextWiring): Pick<PipelineParts, 'context'> {
  const { eventContext: kinds, eventContextTimeoutMs: timeoutMs } = wiring.config;
  if (kinds.length === 0) return {};
  let reader: ContextReader | undefined;
  return {
    context: {
      ...{ kinds: new Set(kinds), timeoutMs },
      source: { ask: (kind, about, signal) => (reader ??= readerOf(wiring)).ask(kind, about, signal) },
      asked: (kind, outcome) => wiring.metrics.count('watcher_context_reads_total', 1, { kind, outcome }),
    },
  };
}

function readerOf({ config, ambient, redact, cluster }: ContextWiring): ContextReader {
  const { clock, logger } = ambient;
  const { eventContextTimeoutMs: timeoutMs, eventContextLogLines: lines, eventContextLogBytes: bytes } = config;
  const { transport } = cluster().connection;
  return new ContextReader({ transport, clock, logger, redact, timeoutMs, log: { lines, bytes } });
}
