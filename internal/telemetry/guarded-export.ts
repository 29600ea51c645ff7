/**
 * An exporter that ends in time and says what came of it. Whatever the collector does, each export ends once, at its
 * deadline at the latest; then its connection is cut, and what it held is let go.
 */
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Clock } from '../platform/clock.ts';
import type { Collector } from './collector.ts';
import { exportOutcome, type ExportOutcome } from './export-outcome.ts';

type Done = Parameters<PushMetricExporter['export']>[1];
type ExportResult = Parameters<Done>[0];

/** As the SDK has them, in a package that is not ours to import. */
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- for that reason */
const SUCCESS = 0 as ExportResult['code'];
const FAILED = 1 as ExportResult['code'];
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */

export interface Exporter<Items> {
  export(items: Items, done: Done): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface GuardOptions {
  readonly collector: Collector;
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly report: (outcome: ExportOutcome, detail: string) => void;
}

export class GuardedExport<Items = ResourceMetrics> {
  readonly #inner: Exporter<Items>;
  readonly #options: GuardOptions;

  constructor(inner: Exporter<Items>, options: GuardOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  export(items: Items, done: Done): void {
    const { collector, clock, deadlineMs } = this.#options;
    let isOver = false;
    const end = (result: ExportResult, isCut: boolean): void => {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      done(this.#told(result, isCut));
    };
    const timer = clock.setTimer(deadlineMs, () => {
      end({ code: FAILED }, true);
      collector.cut();
    });
    collector.begin();
    this.#inner.export(items, (result) => end(result, false));
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#inner.shutdown();
  }

  #told({ code, error }: ExportResult, isCut: boolean): ExportResult {
    const { collector, report } = this.#options;
    const { answer } = collector;
    const outcome = exportOutcome({ isSuccess: code === SUCCESS, answer, isCut, errorCode: codeOf(error) });
    report(outcome, detailOf(outcome, answer?.status, error));
    return { code: outcome === 'accepted' ? SUCCESS : FAILED };
  }
}

/** Never what the collector wrote: that may be anything. */
function detailOf(outcome: ExportOutcome, status: number | undefined, error: Error | undefined): string {
  if (outcome === 'no-headers') return (error as { detail?: string } | undefined)?.detail ?? '';
  return status === undefined ? codeOf(error) : `HTTP ${status}`;
}

function codeOf(error: Error | undefined): string {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
