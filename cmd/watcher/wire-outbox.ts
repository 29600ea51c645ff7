/** Where the outbox lives. */
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';

const QUOTA_BYTES = 64 * 1024 * 1024;

export function wireOutbox(_config: AgentConfig, { clock }: Ambient, _metrics: Metrics): Promise<Outbox> {
  return openMemoryOutbox({ clock, quotaBytes: QUOTA_BYTES, onNotice: () => undefined });
}
