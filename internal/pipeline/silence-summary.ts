/**
 * What is told of a silence when it has ended: one finding of type `silenced`, with what was not told. Its id is made
 * from the silence and its end alone, so that a restart and another replica tell it under the same. Pure.
 */
import { boundedText } from './detect-message.ts';
import type { Finding } from './finding.ts';
import { fingerprint, incidentKey, silencedId } from './identity.ts';
import { silenceKey } from './silence-tally.ts';
import type { SilenceSummary } from './silenced.ts';

/** Of which part of the cluster an agent speaks: agents of different parts count for themselves. */
export interface SummaryContext {
  readonly clusterId: string;
  /** '' for all of it. */
  readonly scope: string;
  /** The node whose pods alone are told of; '' without one. */
  readonly nodeName: string;
  readonly nowMs: number;
}

export function summaryFinding(summary: SilenceSummary, context: SummaryContext): Finding {
  const { clusterId, scope, nodeName, nowMs } = context;
  const key = silenceKey(summary);
  const incidentClass = 'pod';
  const workload = { kind: 'Silence', name: summary.id };
  return {
    type: 'silenced',
    eventId: silencedId({ clusterId, scope, silence: key, untilMs: summary.untilMs }),
    incidentKey: incidentKey({ clusterId, subject: `${scope}${key}`, container: undefined, incidentClass }),
    fingerprint: fingerprint({ namespace: '', workload, containerName: '', family: 'Silenced', image: '' }),
    ...{ incidentClass, occurrence: `silenced:${summary.untilMs}`, reason: 'Silenced', severity: 'info' },
    families: ['Silenced'],
    message: boundedText(summaryText(summary)),
    pod: {
      ...{ uid: key, namespace: '', name: summary.id, phase: '', nodeName, restartCount: 0, labels: new Map() },
      owner: { apiVersion: '', kind: workload.kind, name: workload.name, uid: key },
    },
    container: undefined,
    occurredAtMs: Math.min(summary.untilMs, nowMs),
    observedAtMs: nowMs,
    covers: [],
    restartsUnseen: 0,
    silenced: summary,
  };
}

function summaryText({ id, owner, ended, failures, reasons, pods }: SilenceSummary): string {
  const counts = [...reasons].map(([reason, count]) => `${reason} ${count}`).join(', ');
  const what = `${failures} ${failures === 1 ? 'failure was' : 'failures were'} not told: ${counts}`;
  return `silence ${id} of ${owner} has ${ended === 'expired' ? 'ended' : 'been taken back'}; ${what}; such as of ${pods.join(', ')}`;
}
