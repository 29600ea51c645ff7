/**
 * Leader election on a Lease: performs what leader-state.ts decides, with one request at a time and every wait on the
 * injected clock.
 *
 * Promises: a term ends at most `renewDeadlineMs` after its last successful renewal was sent, also when a request hangs;
 * stop() ends the term first and then gives the Lease back, so that another replica takes over with its next look;
 * missing rights are said once, with the remedy, and asked for slowly. Doesn't promise that there is one leader only:
 * a Lease has no fencing (see leader-state.ts).
 */
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { jitter, type Random } from '../platform/random.ts';
import {
  sendLeaseRequest,
  troubleOf,
  type LeaseAddress,
  type LeaseOutcome,
  type LeaseRequest,
} from './leader-requests.ts';
import {
  initialLeaderState,
  stepLeader,
  type LeaderEffect,
  type LeaderInput,
  type LeaderRules,
  type LeaderState,
} from './leader-state.ts';
import {
  RunningTerm,
  type LeaderEvents,
  type LeaderObserver,
  type Leadership,
  type LeadershipDescription,
  type Term,
} from './leader-term.ts';
import type { ApiTransport } from './transport.ts';

export interface LeaderOptions {
  readonly lease: LeaseAddress;
  readonly identity: string;
  /** Connection.urgent: a renewal must not wait behind other requests. */
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: LeaderEvents;
  readonly observer?: LeaderObserver;
  readonly times?: Partial<LeaderTimes>;
  /**
   * Whether we could tell what there is. While not, the Lease is left to others: they take our renewals as a sign that
   * everything is told. Asked only before a term.
   */
  readonly mayLead?: () => boolean;
  /**
   * Whether all that was seen until `withinMs` ago is told, where the next leader looks back as far by itself. While not,
   * renewals say until when it was, so that whoever leads next looks back to then.
   */
  readonly isAllTold?: (withinMs: number) => boolean;
}

export interface LeaderTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  /** Longest pause between two looks or renewals; jitter only shortens it, so that a released Lease is seen in time. */
  readonly retryMs: number;
  /**
   * Longest pause where rights are missing. It is doubled up to that, as an API server that has just started denies for
   * some seconds what it allows (measured on 1.36).
   */
  readonly slowRetryMs: number;
  /** How long stop() waits for the Lease to be given back. */
  readonly releaseMs: number;
}

/** client-go's, which the agent before this one used as well. */
export const defaultLeaderTimes: LeaderTimes = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  slowRetryMs: 30_000,
  releaseMs: 3_000,
};

/** How soon it is looked again whether we may lead. */
const READY_LOOK_MS = 100;

/** Part of the renew deadline that one request may take: a hanging one leaves time for another on a new connection. */
const REQUEST_SHARE = 0.4;

export class LeaderElector implements Leadership {
  readonly #options: LeaderOptions;
  readonly #times: LeaderTimes;
  readonly #rules: LeaderRules;
  #state: LeaderState = initialLeaderState;
  #term: RunningTerm | undefined;
  /** A term was begun, and not lost since: who only claimed the Lease has told nothing, whatever it has to tell. */
  #hasTold = false;
  #leader: string | undefined;
  /** When, on our monotonic clock, we first saw the Lease as it was before we claimed it. */
  #lastSeenMs: number | undefined;
  #wait: Timer | undefined;
  #deadline: Timer | undefined;
  #request: AbortController | undefined;
  #trouble = '';
  /** Slow waits in a row. */
  #denials = 0;
  readonly #inputs: LeaderInput[] = [];
  readonly #finished = Promise.withResolvers<undefined>();

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = { ...defaultLeaderTimes, ...options.times };
    this.#rules = { identity: options.identity, ...this.#times };
  }

  get term(): Term | undefined {
    return this.#term;
  }

  start(): void {
    this.#take({ kind: 'due' });
  }

  async stop(): Promise<void> {
    this.#take({ kind: 'stop' });
    await this.#finished.promise;
  }

  describe(): LeadershipDescription {
    return { state: this.#state.kind, identity: this.#options.identity, leader: this.#leader };
  }

  /** One input at a time: a listener that calls stop() does so between two steps, not inside one. */
  #take(input: LeaderInput): void {
    this.#inputs.push(input);
    if (this.#inputs.length > 1) return;
    for (let next = this.#inputs[0]; next !== undefined; next = this.#inputs[0]) {
      this.#step(next);
      this.#inputs.shift();
    }
  }

  #step(input: LeaderInput): void {
    if (input.kind === 'due' && this.#state.kind === 'Follower' && this.#options.mayLead?.() === false) {
      this.#wait?.cancel();
      this.#wait = this.#options.clock.setTimer(READY_LOOK_MS, () => this.#take({ kind: 'due' }));
      return;
    }
    if (this.#state.kind === 'Acquiring') this.#lastSeenMs = this.#state.seen?.sinceMs;
    const nowMs = this.#options.clock.monotonicMs();
    const { state, effects, reason } = stepLeader(this.#state, this.#inTime(input), nowMs, this.#rules);
    this.#options.logger.trace(
      { input: input.kind, from: this.#state.kind, to: state.kind, reason },
      'leader election',
    );
    this.#state = state;
    if (state.kind === 'Leading') this.#term?.renewed(state.renewedMs);
    for (const effect of effects) this.#perform(effect);
    this.#watchDeadline();
  }

  /** An answer that comes when the term was seen to be over can't save it. */
  #inTime(input: LeaderInput): LeaderInput {
    const isLate = this.#state.kind === 'Leading' && this.#term?.wasOver === true && input.kind !== 'stop';
    return isLate ? { kind: 'due' } : input;
  }

  #perform(effect: LeaderEffect): void {
    switch (effect.do) {
      case 'wait':
        this.#startWait(effect.how);
        break;
      case 'read':
      case 'create':
      case 'update':
      case 'release':
        void this.#send(effect);
        break;
      case 'cancel':
        this.#request?.abort(new DOMException('no longer wanted', 'AbortError'));
        this.#request = undefined;
        break;
      case 'begin':
        this.#begin(effect);
        break;
      case 'end':
        this.#end(effect.reason);
        break;
      case 'announce':
        this.#announce(effect.holder);
        break;
      case 'finish':
        this.#wait?.cancel();
        this.#finished.resolve(undefined);
        break;
    }
  }

  #startWait(how: 'retry' | 'slow' | 'release'): void {
    this.#denials = how === 'slow' ? this.#denials + 1 : 0;
    this.#wait?.cancel();
    this.#wait = this.#options.clock.setTimer(this.#waitMs(how), () => this.#take({ kind: 'due' }));
  }

  #waitMs(how: 'retry' | 'slow' | 'release'): number {
    const { retryMs, slowRetryMs, releaseMs } = this.#times;
    if (how === 'release') return releaseMs;
    const longestMs = how === 'retry' ? retryMs : Math.min(slowRetryMs, retryMs * 2 ** Math.min(this.#denials - 1, 10));
    return jitter(longestMs * 0.8, 0.2, this.#options.random);
  }

  /** While leading, looks again exactly when the term would be overdue, whatever a request is doing. */
  #watchDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = undefined;
    if (this.#state.kind !== 'Leading') return;
    const leftMs = this.#state.renewedMs + this.#times.renewDeadlineMs - this.#options.clock.monotonicMs();
    // Rounded up: a timer a fraction of a millisecond early would find the term still good, and be set again and again.
    const delayMs = Math.max(1, Math.ceil(leftMs));
    this.#deadline = this.#options.clock.setTimer(delayMs, () => this.#take({ kind: 'due' }));
  }

  async #send(request: LeaseRequest): Promise<void> {
    this.#request?.abort(new DOMException('replaced', 'AbortError'));
    const controller = new AbortController();
    this.#request = controller;
    const { transport, lease: address, identity, clock } = this.#options;
    const sentMs = clock.monotonicMs();
    const { leaseDurationMs } = this.#times;
    const isAllTold = (): boolean => this.#hasTold && (this.#options.isAllTold?.(leaseDurationMs) ?? true);
    const context = { transport, address, identity, leaseDurationMs, isAllTold, clock };
    const outcome = await sendLeaseRequest(request, context, {
      timeoutMs: this.#requestTimeoutMs(),
      signal: controller.signal,
    });
    if (this.#request !== controller) return;
    this.#request = undefined;
    this.#note(outcome, clock.monotonicMs() - sentMs);
    this.#take(outcome.input);
  }

  #requestTimeoutMs(): number {
    const mostMs = this.#times.renewDeadlineMs * REQUEST_SHARE;
    if (this.#state.kind !== 'Leading') return mostMs;
    const leftMs = this.#state.renewedMs + this.#times.renewDeadlineMs - this.#options.clock.monotonicMs();
    return Math.max(0, Math.min(mostMs, leftMs));
  }

  /** Says what is new: trouble when it begins or changes, and its end. */
  #note(outcome: LeaseOutcome, tookMs: number): void {
    const { logger, observer, lease } = this.#options;
    if (outcome.input.kind === 'written') observer?.renewed(tookMs);
    if (outcome.input.kind === 'failed') observer?.failed(outcome.input.why);
    const trouble = troubleOf(outcome);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === '') logger.info({ lease }, 'the Lease can be used again');
    else logger.warn({ lease, err: outcome.error }, 'the Lease cannot be used; trying again');
  }

  #begin(effect: Extract<LeaderEffect, { do: 'begin' }>): void {
    const { identity, clock, logger, lease, events } = this.#options;
    const { transitions } = effect;
    const previousRenewAtMs = this.#byOurClock(effect.previousRenewAtMs);
    const renewedMs = this.#state.kind === 'Leading' ? this.#state.renewedMs : clock.monotonicMs();
    const term = new RunningTerm(
      { id: `${identity}/${transitions}`, transitions, previousRenewAtMs },
      { clock, renewDeadlineMs: this.#times.renewDeadlineMs, renewedMs },
    );
    this.#term = term;
    this.#hasTold = true;
    this.#leader = identity;
    logger.info({ lease, identity, transitions }, 'leading');
    this.#tell(() => events.onStartedLeading(term));
  }

  /**
   * The holder's clock may be ahead of ours, by hours even, and what we saw meanwhile bears our time: so never later than
   * when we saw that renewal ourselves.
   */
  #byOurClock(renewAtMs: number | undefined): number | undefined {
    if (renewAtMs === undefined || this.#lastSeenMs === undefined) return renewAtMs;
    const { clock } = this.#options;
    return Math.min(renewAtMs, clock.now() - (clock.monotonicMs() - this.#lastSeenMs));
  }

  #end(reason: Extract<LeaderEffect, { do: 'end' }>['reason']): void {
    const { logger, lease, identity, events } = this.#options;
    this.#term?.end(reason);
    this.#term = undefined;
    this.#hasTold = reason === 'shutdown';
    this.#leader = undefined;
    if (reason === 'shutdown') logger.info({ lease, identity, reason }, 'leading no more');
    else logger.warn({ lease, identity, reason, code: 'LEASE_LOST' }, 'leading no more');
    this.#tell(() => events.onStoppedLeading(reason));
  }

  #announce(holder: string): void {
    const { logger, lease, events } = this.#options;
    this.#leader = holder;
    logger.info({ lease, leader: holder }, 'another replica leads');
    this.#tell(() => events.onNewLeader(holder));
  }

  #tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'a listener of leader election threw');
    }
  }
}
