/**
 * What an agent that runs gives into a support bundle: its status, metrics, outbox, what it decided lately and a heap
 * profile. No messages, labels or environment of pods, no credentials; text is redacted once more all the same.
 */
import type { Metrics } from '../../internal/metrics/metrics.ts';
import { outboxStatus } from '../../internal/pipeline/outbox-documents.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { PodTraces } from '../../internal/pipeline/trace.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { redact } from '../../internal/platform/redact.ts';
import type { SupportDocument } from '../../internal/server/control.ts';
import type { StatusSource } from '../../internal/server/status.ts';
import type { HeapProfiles } from './heap-profiles.ts';
import { explained } from './observe-trace.ts';

export interface SupportParts {
  readonly status: StatusSource;
  readonly metrics: Pick<Metrics, 'expose'>;
  readonly outbox: Outbox;
  readonly traces: Pick<PodTraces, 'latest'>;
  readonly profiles: HeapProfiles;
  readonly clock: Clock;
}

/** As many as an agent keeps. */
const MOST_PODS = 512;

/** Takes 5 s where the heap was not sampled before. */
export async function supportOf(parts: SupportParts): Promise<SupportDocument> {
  const { status, metrics, outbox, traces, profiles, clock } = parts;
  const heap = await (await profiles.profiler()).heap();
  // Text by text, since what is taken out of a whole document may take its quotes along.
  const clean = (_name: string, value: unknown): unknown => (typeof value === 'string' ? redact(value) : value);
  const json = (document: unknown): string => `${JSON.stringify(document, clean, 2)}\n`;
  return {
    texts: {
      'status.json': json(status()),
      'metrics.txt': redact((await metrics.expose()).body),
      'outbox.json': json(await outboxStatus(outbox, clock.now())),
      'decisions.json': json(explained(traces.latest(MOST_PODS))),
    },
    binaries: { 'heap.pb.gz': heap.toString('base64') },
  };
}
