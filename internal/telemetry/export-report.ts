/**
 * Tells what came of exports: each is counted; that one signal fails is said in the log when it begins, and once more when
 * it is over, but not each time: a collector that is gone for a week is one line, and one that flaps a few an hour.
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

interface Trouble {
  isFailing: boolean;
  saidAtMs: number;
}

export function exportReport({ clock, logger, count }: ReportParts): ReportExport {
  const quiet = (): Trouble => ({ isFailing: false, saidAtMs: Number.NEGATIVE_INFINITY });
  const troubles: Readonly<Record<Signal, Trouble>> = { metrics: quiet(), traces: quiet() };
  return (signal, outcome, detail) => {
    count(signal, outcome);
    const trouble = troubles[signal];
    const wasFailing = trouble.isFailing;
    trouble.isFailing = outcome !== 'accepted';
    if (wasFailing && !trouble.isFailing) logger.info({ signal }, `the OTLP collector takes ${signal} again`);
    if (wasFailing || !trouble.isFailing || clock.monotonicMs() - trouble.saidAtMs < SAY_AGAIN_MS) return;
    trouble.saidAtMs = clock.monotonicMs();
    const err = problemOf(signal, outcome, detail);
    logger.warn({ err, signal, outcome }, `the OTLP collector does not take ${signal}; nothing else waits for it`);
  };
}
