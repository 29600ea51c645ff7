/**
 * The drain: takes batches out of the outbox and delivers them, for as long as the process runs, leader or not.
 *
 * It promises: few batches in flight, oldest first; an event leaves the outbox only when the plane has accepted it, or
 * into quarantine; nothing is given up by time. What an outcome means is decided in drain-verdict.ts, when a batch is
 * closed in batcher.ts, what is due and which pod is taken in the outbox. Here is the loop that joins them: it never
 * spins, since every turn is caused by an append, a settled batch or a timer that lies ahead.
 */
import { sleep, type Clock, type Timer } from '../platform/clock.ts';
import { CodedError, describeError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { jitterLater, type Random } from '../platform/random.ts';
import type { BatchDecision } from './batcher.ts';
import type { DeliveryOutcome, Send } from './delivery.ts';
import { carryOut, divisibleInto, type VerdictDeps } from './drain-carry-out.ts';
import type { Halve } from './digest.ts';
import { nameTheLost } from './drain-lost.ts';
import type { DrainObserver } from './drain-observer.ts';
import { BatchPace } from './drain-pace.ts';
import { allowedInFlight, nextDrainState, type DrainEvent, type DrainState, type PauseReason } from './drain-state.ts';
import { DrainSuspects } from './drain-suspects.ts';
import { blameOf, growingPause, judge, MOST_BATCHES, type Verdict } from './drain-verdict.ts';
import type { FreezeLimits, FrozenBatch, Outbox } from './outbox.ts';
import type { SettingsSource } from './settings.ts';

/** The plane's key is serial: more than two in flight only queue there. */
const MOST_IN_FLIGHT = 2;
const JITTER_SHARE = 0.2;
/** After the deadline of stop(), attempts are cut; so long they get to be put back. */
const CUT_GRACE_MS = 500;

export interface DrainDeps {
  readonly outbox: Outbox;
  readonly send: Send;
  /** Makes an event smaller and marks it as truncated; undefined where nothing is left to cut. */
  readonly trim: (bytes: Uint8Array) => Uint8Array | undefined;
  /** Makes two of a digest that stands alone; where absent, it is an event like any other. */
  readonly halve?: Halve;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: DrainObserver;
  readonly mostInFlight?: number;
  /** How often the plane has answered what was no delivery: it shows that the way is open, whatever becomes of a batch. */
  readonly answeredElsewhere?: () => number;
}

export interface DrainReport {
  /** `empty`: all told. `plane-unavailable`: it took nothing more. `deadline`: time was up. */
  readonly result: 'empty' | 'plane-unavailable' | 'deadline';
  /** Events still in the outbox. */
  readonly left: number;
  /** Of these, how many are lost with the process, since the outbox is in memory. */
  readonly lost: number;
}

interface InFlight {
  readonly batch: FrozenBatch;
  readonly cut: AbortController;
}

export class Drain {
  readonly #deps: DrainDeps;
  readonly #mostInFlight: number;
  readonly #pace: BatchPace;
  readonly #suspects: DrainSuspects;
  readonly #inFlight = new Map<string, InFlight>();
  /** When released batches fall due, on the monotonic scale. */
  readonly #dueTimes = new Map<string, number>();
  /** Aborted when nothing more may be waited for. */
  readonly #over = new AbortController();
  #state: DrainState = { kind: 'running' };
  #failuresInARow = 0;
  /** When the outbox was last asked what is due, and what was decided then. Time goes on while it answers. */
  #lookedAtMs = 0;
  #decision: BatchDecision = { close: false, reason: 'empty' };
  #isTurning = false;
  #isTurnWanted = false;
  #wake: Timer | undefined;
  #idle: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
    this.#suspects = new DrainSuspects(deps.answeredElsewhere ?? (() => 0));
    this.#pace = new BatchPace(deps.outbox, deps.settings, deps.clock);
    this.#mostInFlight = Math.max(1, deps.mostInFlight ?? MOST_IN_FLIGHT);
  }

  get state(): DrainState {
    return this.#state;
  }

  /** Begins with what the outbox holds already. */
  start(): void {
    this.#stopListening ??= this.#deps.outbox.onAppend(() => this.#turn());
    this.#turn();
  }

  /**
   * Finishes what is in flight and, while the plane takes it, sends what else there is without lingering. What is not
   * through after `deadlineMs` is cut and stays in the outbox. Resolves when nothing runs any more; never rejects.
   */
  async stop(deadlineMs: number): Promise<DrainReport> {
    this.#pass({ type: 'stop' });
    const isIdle = await this.#whenIdle(deadlineMs);
    for (const { cut } of this.#inFlight.values()) cut.abort();
    if (!isIdle) await this.#whenIdle(CUT_GRACE_MS);
    this.#over.abort();
    this.#stopListening?.();
    this.#wake?.cancel();
    this.#pass({ type: 'stopped' });
    const left = this.#deps.outbox.stats().events;
    const result = left === 0 ? 'empty' : isIdle ? 'plane-unavailable' : 'deadline';
    return { result, left, lost: await nameTheLost(this.#deps, left) };
  }

  /** One turn of the loop; a turn wanted while one runs is taken after it. */
  #turn(): void {
    this.#isTurnWanted = true;
    if (this.#isTurning) return;
    this.#isTurning = true;
    void this.#runTurns();
  }

  async #runTurns(): Promise<void> {
    while (this.#isTurnWanted) {
      this.#isTurnWanted = false;
      await this.#launchAll();
    }
    this.#isTurning = false;
    this.#setWake();
    this.#deps.observer.backlog(this.#deps.outbox.stats());
    if (this.#inFlight.size === 0) this.#idle?.();
  }

  async #launchAll(): Promise<void> {
    this.#endPause();
    while (this.#inFlight.size < allowedInFlight(this.#state, this.#mostInFlight)) {
      const batch = await this.#freeze();
      if (batch === undefined) return;
      this.#launch(batch);
    }
  }

  #endPause(): void {
    if (this.#state.kind !== 'pausing' || this.#state.untilMs > this.#deps.clock.monotonicMs()) return;
    this.#pass({ type: 'pause-over' });
  }

  async #freeze(): Promise<FrozenBatch | undefined> {
    this.#lookedAtMs = this.#deps.clock.monotonicMs();
    const decision = this.#pace.decide(this.#state.kind === 'stopping');
    this.#decision = decision;
    try {
      const batch = await this.#deps.outbox.freeze(this.#limits(decision));
      if (batch !== undefined && batch.attempts === 0) {
        this.#pace.closed();
        this.#deps.observer.frozen(batch, decision.close ? decision.reason : 'age');
      }
      return batch;
    } catch (error) {
      this.#outboxFailed(error);
      return undefined;
    }
  }

  /**
   * No new batch while the linger runs, nor while too many wait already. While nothing gets through, whatever is not
   * under suspicion goes first: it may show that the plane is well.
   */
  #limits(decision: BatchDecision): FreezeLimits {
    const isOpen = decision.close && this.#batches() < MOST_BATCHES;
    const { events, bytes } = this.#pace.limits();
    return { events: isOpen ? events : 0, bytes, suspectsLast: this.#failuresInARow > 0 };
  }

  #batches(): number {
    return this.#deps.outbox.stats().batches - this.#suspects.aside;
  }

  #launch(batch: FrozenBatch): void {
    this.#dueTimes.delete(batch.batchId);
    const flight = { batch, cut: new AbortController() };
    this.#inFlight.set(batch.batchId, flight);
    void this.#deliver(flight).finally(() => {
      this.#inFlight.delete(batch.batchId);
      this.#turn();
    });
  }

  /** Never rejects. */
  async #deliver(flight: InFlight): Promise<void> {
    try {
      const outcome = await this.#attempt(flight);
      const verdict = this.#verdictOn(flight, outcome);
      await this.#settle(flight, verdict, outcome);
    } catch (error) {
      this.#deps.logger.error({ err: error, batch: flight.batch.batchId }, 'a batch could not be settled');
    }
  }

  async #attempt({ batch, cut }: InFlight): Promise<DeliveryOutcome> {
    try {
      return await this.#deps.send(batch, cut.signal);
    } catch (error) {
      const detail = describeError(error).message;
      this.#deps.logger.error({ err: error }, 'delivering threw instead of giving an outcome');
      return { kind: 'retry', key: 'same', reason: 'network', status: 0, afterMs: undefined, detail };
    }
  }

  #verdictOn({ batch }: InFlight, outcome: DeliveryOutcome): Verdict {
    const parts = outcome.kind === 'accepted' ? batch.events : divisibleInto(batch, this.#deps.halve);
    const facts = { events: batch.events, parts, ...this.#suspects.factsOf(batch.batchId) };
    const plane = {
      failuresInARow: this.#failuresInARow,
      batches: this.#batches(),
      frozen: this.#deps.outbox.stats().batches,
    };
    const verdict = judge(outcome, facts, plane);
    if (outcome.kind !== 'accepted') this.#suspects.failed(batch.batchId, blameOf(outcome));
    return verdict;
  }

  /** Until the outbox has taken the verdict: what was accepted is not sent again only because noting that failed. */
  async #settle(flight: InFlight, verdict: Verdict, outcome: DeliveryOutcome): Promise<void> {
    for (let failures = 0; !this.#isOver(); failures++) {
      try {
        await carryOut(this.#carryOutDeps(), flight.batch, verdict, outcome);
        return;
      } catch (error) {
        if (this.#isOver() || isUnknownBatch(error)) return;
        this.#outboxFailed(error);
        await sleep(this.#deps.clock, this.#jittered(growingPause(failures)), this.#over.signal);
      }
    }
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  #carryOutDeps(): VerdictDeps {
    const { outbox, observer, trim, halve, logger, clock } = this.#deps;
    return {
      ...{ outbox, observer, trim, halve, logger, clock, suspects: this.#suspects },
      delayOf: (ms) => this.#jittered(ms),
      accepted: () => this.#accepted(),
      released: (batchId, delayMs) => this.#dueTimes.set(batchId, clock.monotonicMs() + delayMs),
      failed: (reason, pauseMs) => this.#failed(reason, pauseMs),
    };
  }

  #accepted(): void {
    this.#failuresInARow = 0;
    this.#pass({ type: 'accepted' });
  }

  #failed(reason: PauseReason, pauseMs: number): void {
    if (this.#state.kind !== 'pausing') this.#failuresInARow += 1;
    if (pauseMs > 0) this.#pause(reason, pauseMs);
  }

  #outboxFailed(error: unknown): void {
    this.#deps.observer.outboxFailed(error);
    this.#deps.logger.error({ err: error }, 'the outbox failed; trying again');
    this.#pause('outbox-failed', growingPause(0));
  }

  #pause(reason: PauseReason, pauseMs: number): void {
    const untilMs = this.#deps.clock.monotonicMs() + this.#jittered(pauseMs);
    this.#pass({ type: 'failed', reason, untilMs });
  }

  #pass(event: DrainEvent): void {
    const before = this.#state;
    this.#state = nextDrainState(before, event);
    if (this.#state !== before) this.#deps.observer.state(this.#state);
  }

  /** One timer for whatever comes first: the end of the pause, of the linger, or a batch falling due. */
  #setWake(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    const atMs = this.#nextWakeMs();
    if (atMs === undefined || this.#isOver()) return;
    const delayMs = Math.max(1, atMs - this.#deps.clock.monotonicMs());
    this.#wake = this.#deps.clock.setTimer(delayMs, () => this.#turn());
  }

  /** Seen from the last look: what fell due while the outbox was answering is due at once, and not forgotten. */
  #nextWakeMs(): number | undefined {
    if (this.#state.kind === 'pausing') return this.#state.untilMs;
    if (this.#inFlight.size >= allowedInFlight(this.#state, this.#mostInFlight)) return undefined;
    const lookedAtMs = this.#lookedAtMs;
    const decision = this.#decision;
    const times = [...this.#dueTimes.values()].filter((dueMs) => dueMs > lookedAtMs);
    if (!decision.close && decision.reason === 'lingering') times.push(lookedAtMs + decision.waitMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Never shorter: the plane may have asked for it. */
  #jittered(ms: number): number {
    return ms === 0 ? 0 : jitterLater(ms, JITTER_SHARE, this.#deps.random);
  }

  /** True when nothing is in flight and nothing more will be launched; false when `deadlineMs` passed first. */
  async #whenIdle(deadlineMs: number): Promise<boolean> {
    const idle = new Promise<boolean>((resolve) => (this.#idle = () => resolve(true)));
    const over = new AbortController();
    this.#turn();
    const isIdle = await Promise.race([idle, sleep(this.#deps.clock, deadlineMs, over.signal).then(() => false)]);
    over.abort();
    this.#idle = undefined;
    return isIdle;
  }
}

/** The outbox was opened anew and the batch is no more: its events, where still stored, go again in others. */
function isUnknownBatch(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'OUTBOX_BATCH_UNKNOWN';
}
