/**
 * ContextReader: asks the API server for what the context of a finding is made of. On demand, a few requests at once and
 * a few a second, beside those that lists and watches need.
 *
 * Promises: never rejects; what is forbidden is not asked for again in that namespace for some time (denials.ts), and a
 * server that is away or busy is left alone for PAUSE_MS; says once for each kind what right is missing. Nothing is kept of
 * an answer, and no word of one is logged.
 */
import type { AskedKind, ContextAnswer, ContextSource, ContextSubject, LogTail } from '../pipeline/context.ts';
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Redactor } from '../platform/redact.ts';
import { readEvents } from './context-events.ts';
import { readResources } from './context-limits.ts';
import { readLog, type LogBounds, type ReadOptions } from './context-logs.ts';
import { Denials } from './denials.ts';
import { rateLimit, type RateLimit } from './rate-limit.ts';
import { ApiStatusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

export interface ContextReaderOptions {
  readonly transport: Pick<ApiTransport, 'request'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly redact: Redactor;
  readonly log: LogBounds;
  /** Of one request; the caller's signal may end it sooner. */
  readonly timeoutMs: number;
}

/** Requests at once, in the long run a second, and of a burst: a quarter of what --kube-qps allows by default. */
const REQUESTS = 4;
const REQUESTS_A_SECOND = 5;
const BURST = 12;
const PAUSE_MS = 10_000;
/** Namespaces remembered as denied. */
const DENIALS_KEPT = 1_000;

export class ContextReader implements ContextSource {
  readonly #options: ContextReaderOptions;
  readonly #rate: RateLimit;
  readonly #turns: (() => void)[] = [];
  readonly #denials = new Denials(DENIALS_KEPT);
  #running = 0;
  #pausedUntilMs = -Infinity;

  constructor(options: ContextReaderOptions) {
    this.#options = options;
    this.#rate = rateLimit(options.clock, REQUESTS_A_SECOND, BURST);
  }

  async ask(kind: AskedKind, about: ContextSubject, signal: AbortSignal): Promise<ContextAnswer> {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#pausedUntilMs) return { outcome: 'failed' };
    if (this.#denials.isDenied(kind, about.namespace, nowMs)) return { outcome: 'forbidden' };
    try {
      const part = await this.#inTurn(signal, (options) => this.#read(kind, about, options));
      this.#denials.allowed(kind);
      return part === undefined ? { outcome: 'gone' } : { outcome: 'read', part };
    } catch (error) {
      return signal.aborted ? { outcome: 'timed-out' } : { outcome: this.#failed(kind, about, error) };
    }
  }

  async #inTurn<T>(signal: AbortSignal, read: (options: ReadOptions) => Promise<T>): Promise<T> {
    await this.#rate.take(signal);
    if (this.#running >= REQUESTS) await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#running++;
    try {
      signal.throwIfAborted();
      return await read({ signal, timeoutMs: this.#options.timeoutMs });
    } finally {
      this.#running--;
      this.#turns.shift()?.();
    }
  }

  async #read(
    kind: AskedKind,
    about: ContextSubject,
    options: ReadOptions,
  ): Promise<Extract<ContextAnswer, { outcome: 'read' }>['part'] | undefined> {
    const { transport, redact } = this.#options;
    switch (kind) {
      case 'events':
        return { events: await readEvents(transport, about, redact, options) };
      case 'logs': {
        const log = await this.#readLog(about, options);
        return log === undefined ? undefined : { log };
      }
      case 'limits': {
        const resources = await readResources(transport, about, options);
        return resources === undefined ? undefined : { resources };
      }
    }
  }

  /** A container that was started anew meanwhile may have answered in the place of the one that ended. */
  async #readLog(about: ContextSubject, options: ReadOptions): Promise<LogTail | undefined> {
    const { transport, redact, log } = this.#options;
    const of = about.logOf();
    if (of === undefined) return undefined;
    const read = await readLog(transport, about, of, log, redact, options);
    const isMoved = of === 'current' && about.logOf() !== 'current';
    return isMoved ? await readLog(transport, about, 'previous', log, redact, options) : read;
  }

  #failed(kind: AskedKind, about: ContextSubject, error: unknown): 'forbidden' | 'failed' {
    const { clock, logger } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!(error instanceof CodedError) || error.code !== 'API_FORBIDDEN') {
      if (isAwayOrBusy(error)) this.#pausedUntilMs = nowMs + PAUSE_MS;
      logger.debug({ err: error, kind }, 'context could not be read');
      return 'failed';
    }
    if (this.#denials.denied(kind, about.namespace, nowMs)) {
      logger.warn({ err: error, kind }, 'failures are told without this context: the right to read it is missing');
    }
    return 'forbidden';
  }
}

/** A kubelet that doesn't answer (500, 502, 504 for a log) says nothing of the others. */
function isAwayOrBusy(error: unknown): boolean {
  if (error instanceof ApiStatusError) return error.status === 429 || error.status === 503;
  return error instanceof CodedError && error.code === 'API_UNREACHABLE';
}
