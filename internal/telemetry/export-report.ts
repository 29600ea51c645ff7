/**
 * Tells what came of exports: each is counted; that a signal fails is said in the log when that begins or its reason changes,
 * and when it is over, but not each time: a collector that is gone for a week is one line, and one that flaps a few an hour.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { ExportOutcome } from './export-outcome.ts';

export type Signal = 'metrics' | 'traces';

/** `detail` names the case at hand: a status, a code of the system. Never what a collector wrote. */
export type ReportExport = (signal: Signal, outcome: ExportOutcome, detail: string) => void;

export interface ReportParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly count: (signal: Signal, outcome: ExportOutcome) => void;
}

function problemOf(signal: Signal, outcome: ExportOutcome, detail: string): CodedError {
  if (outcome === 'no-headers') return new CodedError('OTLP_HEADERS_UNREADABLE', detail);
  return new CodedError('OTLP_EXPORT_FAILED', `${signal}: ${outcome}${detail === '' ? '' : ` (${detail})`}`);
}

const SAY_AGAIN_MS = 10 * 60_000;

interface Said {
  /** What came of the last export. */
  last: ExportOutcome;
  /** By outcome, when it was said. On the monotonic scale. */
  readonly atMs: Map<ExportOutcome, number>;
}

export function exportReport({ clock, logger, count }: ReportParts): ReportExport {
  const quiet = (): Said => ({ last: 'accepted', atMs: new Map() });
  const saidOf: Readonly<Record<Signal, Said>> = { metrics: quiet(), traces: quiet() };
  return (signal, outcome, detail) => {
    count(signal, outcome);
    const said = saidOf[signal];
    const before = said.last;
    said.last = outcome;
    if (outcome === before) return;
    if (outcome === 'accepted') {
      logger.info({ signal }, `the OTLP collector takes ${signal} again`);
      return;
    }
    const nowMs = clock.monotonicMs();
    if (nowMs - (said.atMs.get(outcome) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    said.atMs.set(outcome, nowMs);
    const err = problemOf(signal, outcome, detail);
    logger.warn(
      { err, signal, outcome },
      `the OTLP collector does not take ${signal} (${outcome}); nothing else waits for it`,
    );
  };
}
