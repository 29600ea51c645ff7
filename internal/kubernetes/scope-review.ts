/**
 * Keeps the plan of scope-plan.ts up to date: decides as soon as rights and namespaces are known, anew when they change,
 * and every ten minutes where it depends on how many pods there are. Counting that fails is no reason to change a plan.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { countPods } from './scope-counts.ts';
import { decidePlan, needsCounts, type PlanDecision, type PodCounts } from './scope-plan.ts';
import type { Scope } from './scope.ts';
import type { ApiTransport } from './transport.ts';

export interface PlanReviewOptions {
  readonly scope: Scope;
  /** Only pods of given nodes are watched. */
  readonly isByNode: boolean;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the review. */
  readonly signal: AbortSignal;
  /** Called with each decision, also with one like that before. */
  readonly onDecision: (decision: PlanDecision) => void;
}

interface Known {
  readonly hasClusterRights: boolean;
  readonly namespaces: readonly string[];
}

const COUNT_EVERY_MS = 10 * 60_000;

export class PlanReview {
  readonly #options: PlanReviewOptions;
  #known: Known = { hasClusterRights: false, namespaces: [] };
  #current: PlanDecision | undefined;
  #isCounting = false;
  #timer: Timer | undefined;

  constructor(options: PlanReviewOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true });
  }

  /** What a plan depends on, now. */
  update(known: Known): void {
    this.#known = known;
    if (this.#options.signal.aborted) return;
    if (!this.#needsCounts()) this.#decide(undefined);
    else if (this.#current === undefined || this.#current.reason === 'no-cluster-rights') void this.#count();
    else this.#countLater();
  }

  #needsCounts(): boolean {
    return needsCounts(this.#options.scope, this.#facts());
  }

  #facts(): Parameters<typeof needsCounts>[1] {
    const { hasClusterRights, namespaces } = this.#known;
    const { isByNode } = this.#options;
    return { hasClusterRights, isByNode, namespaces: namespaces.length, current: this.#current };
  }

  #decide(counts: PodCounts | undefined): void {
    this.#current = decidePlan(this.#options.scope, { ...this.#facts(), counts });
    if (this.#needsCounts()) this.#countLater();
    this.#options.onDecision(this.#current);
  }

  #countLater(): void {
    this.#timer ??= this.#options.clock.setTimer(COUNT_EVERY_MS, () => {
      this.#timer = undefined;
      if (this.#needsCounts()) void this.#count();
    });
  }

  async #count(): Promise<void> {
    if (this.#isCounting) return;
    this.#isCounting = true;
    const { transport, logger, signal } = this.#options;
    const counts = await countPods(transport, this.#known.namespaces, signal).catch((err: unknown) => {
      if (!signal.aborted) logger.info({ err }, 'pods could not be counted');
      return undefined;
    });
    this.#isCounting = false;
    if (signal.aborted) return;
    logger.debug({ ...counts }, 'pods counted');
    this.#decide(counts);
  }
}
