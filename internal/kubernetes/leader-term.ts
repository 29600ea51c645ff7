/**
 * Leadership as the pipeline sees it: a Term that can end at any moment, and events when one begins or ends. leader.ts
 * gains it by a Lease, leader-none.ts has it from the start.
 */
import type { Clock } from '../platform/clock.ts';
import type { EndReason, LeaderState } from './leader-state.ts';

/** One unbroken time of leading. */
export interface Term {
  /** Holder identity and the Lease's transitions: differs from that of every other term. */
  readonly id: string;
  /** Rises from term to term; 0 without a Lease. */
  readonly transitions: number;
  /**
   * When the Lease was last renewed before we took it: as it says by the clock of whoever held it, or as we saw it by
   * ours, whichever is earlier; undefined if nobody ever held it. From there on a gap may lie in what was told. Ms since
   * the epoch.
   */
  readonly previousRenewAtMs: number | undefined;
  /** Aborted when the term ends; its reason is a DOMException whose message is the EndReason. */
  readonly signal: AbortSignal;
  /**
   * Whether we may still act as leader, asked at the very moment of acting. Compares the monotonic clock with the last
   * renewal, so a process that was frozen (SIGSTOP, a stalled VM) knows it before its timers do. A machine that was
   * suspended may find its monotonic clock suspended, too, and then learns of it from its next renewal.
   *
   * Once no, always no, also where a renewal is answered late: what was not told for it waits for a term to begin.
   */
  isValid(): boolean;
}

/** Called synchronously, in order; must not throw. */
export interface LeaderEvents {
  onStartedLeading(term: Term): void;
  onStoppedLeading(reason: EndReason): void;
  /** Somebody else was seen to lead. */
  onNewLeader(identity: string): void;
}

/** Figures, for metrics. */
export interface LeaderObserver {
  renewed(tookMs: number): void;
  failed(why: 'forbidden' | 'refused' | 'unavailable'): void;
}

export interface LeadershipDescription {
  readonly state: LeaderState['kind'];
  readonly identity: string;
  /** Who leads, as far as we know. */
  readonly leader: string | undefined;
}

export interface Leadership {
  /** The present term; undefined while not leading. It may have become invalid by the time it is used: ask it. */
  readonly term: Term | undefined;
  start(): void;
  /** Ends the term at once, then gives the Lease back. Resolves within a few seconds, whatever the API server does. */
  stop(): Promise<void>;
  describe(): LeadershipDescription;
}

/** A term with the switches that leader.ts holds. */
export class RunningTerm implements Term {
  readonly id: string;
  readonly transitions: number;
  readonly previousRenewAtMs: number | undefined;
  readonly #ended = new AbortController();
  readonly #clock: Clock;
  readonly #renewDeadlineMs: number;
  #renewedMs: number;
  #wasOver = false;

  constructor(
    facts: Pick<Term, 'id' | 'transitions' | 'previousRenewAtMs'>,
    validity: { readonly clock: Clock; readonly renewDeadlineMs: number; readonly renewedMs: number },
  ) {
    this.id = facts.id;
    this.transitions = facts.transitions;
    this.previousRenewAtMs = facts.previousRenewAtMs;
    this.#clock = validity.clock;
    this.#renewDeadlineMs = validity.renewDeadlineMs;
    this.#renewedMs = validity.renewedMs;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  isValid(): boolean {
    this.#wasOver ||= this.signal.aborted || this.#clock.monotonicMs() - this.#renewedMs >= this.#renewDeadlineMs;
    return !this.#wasOver;
  }

  /** Whether it was seen not to be valid. */
  get wasOver(): boolean {
    return this.#wasOver;
  }

  renewed(renewedMs: number): void {
    this.#renewedMs = renewedMs;
  }

  end(reason: EndReason): void {
    this.#ended.abort(new DOMException(reason, 'AbortError'));
  }
}
