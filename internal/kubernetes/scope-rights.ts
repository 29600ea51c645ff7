/**
 * Keeps an eye on whether we may list and watch pods in the whole cluster, which decides the plan of scope-plan.ts. A yes is
 * believed until doubt() is called; a no is looked at again, soon at first and every ten minutes at last. A yes that is
 * doubted becomes a no only after three noes in a row: an API server that has just started denies for some seconds
 * what it allows (measured on 1.36), and changing plans is dear.
 */
import { sleep, type Clock } from '../platform/clock.ts';
import { CodedError, type ErrorCode } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { canIAll } from './access.ts';
import { backOffMs } from './reflector-backoff.ts';
import { classify } from './reflector-failure.ts';
import type { ApiTransport } from './transport.ts';

export interface PodRights {
  /** May list and watch pods in the whole cluster. */
  readonly clusterWide: boolean;
}

export interface RightsReviewOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends the review. */
  readonly signal: AbortSignal;
  /** Called with the first answer and with each that differs from the one before. */
  readonly onRights: (rights: PodRights) => void;
}

const LOOK_AGAIN_MS = 5_000;
const LOOK_AGAIN_AT_LAST_MS = 10 * 60_000;
const NOES = 3;

export class RightsReview {
  readonly #options: RightsReviewOptions;
  #doubted = Promise.withResolvers<undefined>();
  #error: ErrorCode | undefined;

  constructor(options: RightsReviewOptions) {
    this.#options = options;
  }

  /** Why there is no answer; undefined once there is one. */
  get error(): ErrorCode | undefined {
    return this.#error;
  }

  start(): void {
    void this.#run();
  }

  /** Something was denied that the last answer allows. */
  doubt(): void {
    this.#doubted.resolve(undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.doubt(), { once: true });
    let isAllowed = await this.#ask();
    this.#tell(isAllowed);
    while (!signal.aborted) {
      isAllowed = isAllowed ? !(await this.#becomesNo()) : await this.#becomesYes();
      this.#tell(isAllowed);
    }
  }

  /** Waits for a no that lasts. */
  async #becomesNo(): Promise<boolean> {
    const { clock, signal } = this.#options;
    for (let noes = 0; noes < NOES;) {
      if (noes === 0) {
        await this.#doubted.promise;
        this.#doubted = Promise.withResolvers();
      } else {
        await sleep(clock, LOOK_AGAIN_MS, signal);
      }
      if (signal.aborted) return false;
      noes = (await this.#ask()) ? 0 : noes + 1;
    }
    return true;
  }

  /** Waits for a yes. */
  async #becomesYes(): Promise<boolean> {
    const { clock, signal } = this.#options;
    for (let pauseMs = LOOK_AGAIN_MS; ; pauseMs = Math.min(2 * pauseMs, LOOK_AGAIN_AT_LAST_MS)) {
      await sleep(clock, pauseMs, signal);
      if (signal.aborted) return false;
      if (await this.#ask()) return true;
    }
  }

  /** Asks until there is an answer. */
  async #ask(): Promise<boolean> {
    const { transport, clock, random, logger, signal } = this.#options;
    for (let failures = 1; ; failures++) {
      try {
        const isAllowed = await canIAll(transport, ['list', 'watch'], { resource: 'pods', group: '' }, signal);
        this.#error = undefined;
        return isAllowed;
      } catch (err) {
        if (signal.aborted) return false;
        this.#error = err instanceof CodedError ? err.code : 'INTERNAL';
        logger.warn({ err }, 'the API server could not be asked for our rights; trying again');
        await sleep(clock, backOffMs(classify(err), failures, random.next()), signal);
      }
    }
  }

  #tell(clusterWide: boolean): void {
    if (!this.#options.signal.aborted) this.#options.onRights({ clusterWide });
  }
}
