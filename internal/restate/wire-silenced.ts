/** What a silence kept silent, on the wire (`silenced`): who wanted it, and how much there was. Bounded by its tally. */
import type { SilenceSummary } from '../pipeline/silenced.ts';
import type { Redactor } from '../platform/redact.ts';

export interface SilencedFailures {
  /** The plane's name for it, or what carries the annotation. */
  id: string;
  /** remote, namespace, workload or pod. */
  source: string;
  owner: string;
  /** RFC 3339; the end that was asked for. */
  until: string;
  /** Left out where nothing was said. */
  comment?: string;
  /** expired, or withdrawn before its end. */
  ended: string;
  /** Failures that were not told, each counted once. */
  failures: number;
  /** How many of each reason; of the rarer ones under `(others)`. */
  reasons: Record<string, number>;
  /** namespace/name of some of the pods. */
  sample_pods: string[];
  /** When the first and the last of them were observed. RFC 3339. */
  first_at: string;
  last_at: string;
}

/** The event's field; none where nothing was silenced. */
export function silencedOf(
  summary: SilenceSummary | undefined,
  redact: Redactor,
): { readonly silenced?: SilencedFailures } {
  if (summary === undefined) return {};
  const { id, source, owner, untilMs, comment, ended, failures, reasons, pods, firstAtMs, lastAtMs } = summary;
  const silenced: SilencedFailures = {
    ...{ id, source, owner: redact(owner), until: new Date(untilMs).toISOString() },
    ...(comment === '' ? {} : { comment: redact(comment) }),
    ...{ ended, failures, reasons: Object.fromEntries(reasons), sample_pods: [...pods] },
    first_at: new Date(firstAtMs).toISOString(),
    last_at: new Date(lastAtMs).toISOString(),
  };
  return { silenced };
}
